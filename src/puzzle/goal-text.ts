import type { Puzzle } from './puzzle.ts';
import type { PuzzleFields } from './verify-command.ts';

/** What makes a digest golden, in words, from a puzzle as events have it: `6 leading zero digits`, `prefix cafe`. Pure. */
export function goalText({ difficulty, unit, prefix, suffix, digest }: PuzzleFields): string {
  if (prefix !== undefined) return `prefix ${prefix}`;
  if (suffix !== undefined) return `suffix ${suffix}`;
  if (digest !== undefined) return `digest ${digest}`;
  return `${difficulty} leading zero ${unit}`;
}

/** What makes more nonces golden, as a remedy; a header and a digest are as they are. Pure. */
export function easier(puzzle: Puzzle): string[] {
  if (puzzle.scheme === 'bitcoin' || 'digest' in puzzle) return [];
  if ('difficulty' in puzzle) return ['a smaller --D'];
  return [`a shorter --${'prefix' in puzzle ? 'prefix' : 'suffix'}`];
}
