import { quote } from '../text.ts';
import { defaultTemplate, fill, withNonce } from './template.ts';

/** A puzzle as events have it: a text puzzle, or `bitcoin` with its header in hexadecimal. */
export type PuzzleFields = Readonly<Record<string, string | number>>;

const sha256 = 'import hashlib,sys;h=hashlib.sha256;a=sys.argv[1:];';

const templates: ReadonlyMap<unknown, string> = new Map(Object.entries(defaultTemplate));

/** What is printed of the text that a scheme hashes. */
const programs: ReadonlyMap<unknown, string> = new Map([
  ['hex-chain', 'print(h(h(a[0].encode()).hexdigest().encode()).hexdigest())'],
  ['sha256d', 'print(h(h(a[0].encode()).digest()).hexdigest())'],
  ['sha256', 'print(h(a[0].encode()).hexdigest())'],
]);

/**
 * A command line that computes the digest of a nonce with nothing but Python's standard library, as it is usually shown;
 * undefined for a scheme or a template that is not known here. Pure.
 */
export function verifyCommand(puzzle: PuzzleFields, nonce: string): string | undefined {
  const { scheme = '', header = '' } = puzzle;
  const python = (program: string, ...words: readonly string[]): string =>
    `python3 -c ${quote(sha256 + program)} ${words.map((word) => quote(word.replaceAll('\0', ''))).join(' ')}`;
  if (scheme === 'bitcoin') {
    return python(
      'b=bytes.fromhex(a[0])[:76]+int(a[1]).to_bytes(4,"little");print(h(h(b).digest()).digest()[::-1].hex())',
      String(header),
      nonce,
    );
  }
  const program = programs.get(scheme);
  const text = program && messageOfFields(puzzle, nonce);
  return program === undefined || text === undefined ? undefined : python(program, text);
}

/** What is hashed; undefined where a journal holds something else than a puzzle. */
function messageOfFields({ scheme, template, block }: PuzzleFields, nonce: string): string | undefined {
  try {
    return withNonce(fill(String(template ?? templates.get(scheme)), String(block ?? '')), BigInt(nonce));
  } catch {
    return undefined;
  }
}
