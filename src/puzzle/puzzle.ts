/** How the zeros of a digest are counted. */
export type Unit = 'digits' | 'bits' | 'bits-lsb';
export const units = ['digits', 'bits', 'bits-lsb'] as const satisfies readonly Unit[];

/** A puzzle over a printable ASCII block: a digest is golden with at least `difficulty` leading zeros of `unit`. */
export interface TextPuzzle {
  readonly scheme: 'hex-chain' | 'sha256d';
  readonly block: string;
  readonly unit: Unit;
  readonly difficulty: number;
}

/** A Bitcoin block header (160 hex digits): golden when the digest, little-endian, is at most the target of its nBits. */
export interface HeaderPuzzle {
  readonly scheme: 'bitcoin';
  readonly header: string;
}

/** What makes a nonce golden. */
export type Puzzle = TextPuzzle | HeaderPuzzle;

export type Scheme = Puzzle['scheme'];
export const schemes = ['hex-chain', 'sha256d', 'bitcoin'] as const satisfies readonly Scheme[];
