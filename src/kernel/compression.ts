import { defaultTemplate, fill } from '../puzzle/template.ts';

/** What of a puzzle decides how much is hashed for a nonce: also of a record, where a scheme or template may be unknown. */
export interface HashedPuzzle {
  readonly scheme: string;
  readonly template?: string | undefined;
  readonly block?: string | undefined;
}

/** Bytes that SHA-256 compresses at once, and what its padding adds at least. */
const blockBytes = 64;
const paddingBytes = 9;

/** Compressions that a nonce of a short text takes, by scheme. */
const usual: Readonly<Record<string, number>> = { 'hex-chain': 3, sha256d: 2, sha256: 1 };

/** About as many compressions is what pow.py takes for a nonce of a short text. */
const usualOfScript = 15;

/**
 * How many times as long a nonce takes as one of a short text, about: what comes after it is compressed again for each nonce, 64
 * bytes at once, what comes before it in whole blocks is not. 1 for what is not known here. Pure.
 *
 * @param nonce One of those that are searched, as long as most of them.
 */
export function slowdown(puzzle: HashedPuzzle, nonce: bigint, kernel: 'auto' | 'python'): number {
  const {
    scheme,
    template = Object.entries(defaultTemplate).find(([name]) => name === scheme)?.[1],
    block,
  } = puzzle;
  const least = kernel === 'python' ? usualOfScript : usual[scheme];
  if (least === undefined || template === undefined) return 1;
  try {
    const { before, after, nonce: form } = fill(template, block);
    const digits = nonce.toString(form === 'hex' ? 16 : 10).length;
    const bytes = (before.length % blockBytes) + digits + after.length + paddingBytes;
    return (least - 1 + Math.ceil(bytes / blockBytes)) / least;
  } catch {
    return 1;
  }
}
