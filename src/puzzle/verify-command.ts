import { quote } from '../text.ts';

/** A puzzle as events have it: a text puzzle, or `bitcoin` with its header in hexadecimal. */
export type PuzzleFields = Readonly<Record<string, string | number>>;

const sha256 = 'import hashlib,sys;h=hashlib.sha256;a=sys.argv[1:];';

/**
 * A command line that computes the digest of a nonce with nothing but Python's standard library, as it is usually shown;
 * undefined for a scheme that is not known here. Pure.
 */
export function verifyCommand(puzzle: PuzzleFields, nonce: string): string | undefined {
  const { scheme = '', block = '', header = '' } = puzzle;
  const python = (program: string, ...words: readonly string[]): string =>
    `python3 -c ${quote(sha256 + program)} ${words.map((word) => quote(word.replaceAll('\0', ''))).join(' ')}`;
  switch (scheme) {
    case 'hex-chain':
      return python('print(h(h(a[0].encode()).hexdigest().encode()).hexdigest())', `${nonce}${block}`);
    case 'sha256d':
      return python('print(h(h(a[0].encode()).digest()).hexdigest())', `${block}${nonce}`);
    case 'bitcoin':
      return python(
        'b=bytes.fromhex(a[0])[:76]+int(a[1]).to_bytes(4,"little");print(h(h(b).digest()).digest()[::-1].hex())',
        String(header),
        nonce,
      );
    default:
      return undefined;
  }
}
