/** How the zeros of a digest are counted. */
export type Unit = 'digits' | 'bits' | 'bits-lsb';
export const units = ['digits', 'bits', 'bits-lsb'] as const satisfies readonly Unit[];

/** What a digest must have to be golden: leading zeros, or hex digits (lower-case) at its start, at its end, or all 64 of it. */
export type DigestGoal =
  | { readonly unit: Unit; readonly difficulty: number }
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly digest: string };

/** The goals that are hex digits. */
export const patterns = ['prefix', 'suffix', 'digest'] as const;

/** A puzzle over a text that the nonce is a part of: printable ASCII, hashed as the scheme says. */
export type TextPuzzle = {
  readonly scheme: 'hex-chain' | 'sha256d' | 'sha256';
  /** Absent where the template has no place for it. */
  readonly block?: string;
  /** Absent: the scheme's own (template.ts). */
  readonly template?: string;
} & DigestGoal;

/** A Bitcoin block header (160 hex digits): golden when the digest, little-endian, is at most the target of its nBits. */
export interface HeaderPuzzle {
  readonly scheme: 'bitcoin';
  readonly header: string;
}

/** What makes a nonce golden. */
export type Puzzle = TextPuzzle | HeaderPuzzle;

export type Scheme = Puzzle['scheme'];
export const schemes = ['hex-chain', 'sha256d', 'sha256', 'bitcoin'] as const satisfies readonly Scheme[];
