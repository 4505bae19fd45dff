import { describe, expect, test } from 'vitest';
import { impossibleText } from '../../../src/command/plan/report.ts';
import type { Puzzle } from '../../../src/puzzle/puzzle.ts';

const goal = { probability: 1e-12, size: 2n ** 32n, timeLimit: 300, reserve: 3, grace: 5 };
const sha256 = { scheme: 'sha256', block: 'a' } as const;
const header: Puzzle = { scheme: 'bitcoin', header: '01'.repeat(80) };
const usual = { from: 0n, limit: 2n ** 32n };
const whole = { from: 0n, limit: 2n ** 64n - 1n };

const say = (kind: 'space' | 'machines', puzzle: Puzzle, space: { from: bigint; limit: bigint }): string =>
  impossibleText(
    kind === 'space' ? { kind, chance: 0.1 } : { kind, chance: 0.1, most: 1000, isAllowance: true },
    { goal, confidence: 0.95, budget: undefined, puzzle, space },
  );

describe('what no number of instances reaches is said with what would help', () => {
  test.each<[Puzzle, { from: bigint; limit: bigint }, RegExp]>([
    [{ ...sha256, unit: 'digits', difficulty: 9 }, usual, /; give a larger --limit or a smaller --D$/],
    [{ ...sha256, prefix: '000000000' }, usual, /; give a larger --limit or a shorter --prefix$/],
    [{ ...sha256, suffix: '000000000' }, whole, /; give a shorter --suffix$/],
    [{ ...sha256, prefix: '00' }, { ...whole, from: 5n }, /; give a smaller --from or a shorter --prefix$/],
    [header, usual, /; give another --header$/],
  ])('in a space that is too small: %o', (puzzle, space, words) => {
    expect(say('space', puzzle, space)).toMatch(words);
  });

  test('by as many as are allowed', () => {
    expect(say('machines', { ...sha256, suffix: 'cafe' }, usual)).toMatch(
      /; give a longer --T, a shorter --suffix or a larger maxN$/,
    );
    expect(say('machines', header, usual)).toMatch(/; give a longer --T or a larger maxN$/);
  });
});
