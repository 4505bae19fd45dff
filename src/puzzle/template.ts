import { UsageError } from '../error.ts';
import { visible } from '../text.ts';
import { maximumBytes, notPrintable } from './block.ts';
import type { TextPuzzle } from './puzzle.ts';

/** What is hashed where no template is given. */
export const defaultTemplate: Readonly<Record<TextPuzzle['scheme'], string>> = {
  'hex-chain': '{nonce}{block}',
  sha256d: '{block}{nonce}',
  sha256: '{block}{nonce}',
};

/** A template with its block in place: the text before and after the nonce, and how the nonce is written between them. */
export interface HashedText {
  readonly before: string;
  readonly after: string;
  /** In lower-case hexadecimal without leading zeros, or in decimal. */
  readonly nonce: 'decimal' | 'hex';
}

/** Fixed text, an escaped brace, or something in braces. */
const part = /\{\{|\}\}|\{([^{}]*)\}|[^{}]+/uy;

/** Whether a template has a place for the block. @throws UsageError when it is none. Pure. */
export function hasBlock(template: string): boolean {
  return parts(template).some(({ placeholder }) => placeholder === 'block');
}

/**
 * A template with its block put in: fixed printable ASCII, `{block}`, and once `{nonce}` (decimal) or `{nonce:x}` (hexadecimal);
 * `{{` and `}}` are braces. Pure.
 * @throws UsageError when it is anything else, or longer than a block may be.
 */
export function fill(template: string, block = ''): HashedText {
  const all = parts(template);
  const isNonce = ({ placeholder }: Part): boolean => placeholder === 'nonce' || placeholder === 'nonce:x';
  const at = all.findIndex(isNonce);
  if (at === -1) throw bad(template, 'has no {nonce}');
  if (all.some((one, index) => index > at && isNonce(one))) throw bad(template, 'has more than one {nonce}');
  const text = (some: readonly Part[]): string =>
    some.map(({ text, placeholder }) => (placeholder === 'block' ? block : text)).join('');
  const [before, after] = [text(all.slice(0, at)), text(all.slice(at + 1))];
  const bytes = before.length + after.length;
  if (bytes > maximumBytes)
    throw bad(template, `with its block has ${bytes} bytes, more than ${maximumBytes}`);
  return { before, after, nonce: all[at]?.placeholder === 'nonce' ? 'decimal' : 'hex' };
}

/** The text of a nonce in a message. Pure. */
export function withNonce({ before, after, nonce }: HashedText, value: bigint): string {
  return `${before}${value.toString(nonce === 'hex' ? 16 : 10)}${after}`;
}

/** A nonce as a text with `{nonce:x}` has it; undefined where the text has it in decimal, as nonces are shown. Pure. */
export function hexNonce(template: string | undefined, nonce: bigint): string | undefined {
  const isHex =
    template !== undefined && parts(template).some(({ placeholder }) => placeholder === 'nonce:x');
  return isHex ? nonce.toString(16) : undefined;
}

interface Part {
  readonly text: string;
  readonly placeholder?: 'block' | 'nonce' | 'nonce:x';
}

function parts(template: string): Part[] {
  const wrong = notPrintable(template);
  if (wrong !== undefined) throw bad(template, `has ${wrong}`);
  const found: Part[] = [];
  for (let at = 0; at < template.length; at = part.lastIndex) {
    part.lastIndex = at;
    const [text, inside] = part.exec(template) ?? [];
    if (text === undefined)
      throw bad(
        template,
        `has a single ${template.charAt(at)} at position ${at}, write it twice for the character`,
      );
    if (inside === undefined) found.push({ text: text === '{{' ? '{' : text === '}}' ? '}' : text });
    else if (inside === 'block' || inside === 'nonce' || inside === 'nonce:x')
      found.push({ text: '', placeholder: inside });
    else throw bad(template, `has {${inside}} at position ${at}, which is not known`);
  }
  return found;
}

function bad(template: string, why: string): UsageError {
  const text = visible(JSON.stringify(template.length <= 60 ? template : `${template.slice(0, 60)}…`));
  return new UsageError('bad-template', `template is ${text}: it ${why}`, {
    about: 'template',
    hint: "Give text with {nonce} or {nonce:x} once, and {block} where the block belongs, e.g. '{block}:{nonce}'; {{ and }} stand for braces.",
  });
}
