import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Scenario } from './scenario.ts';

type Range = readonly [lo: number, hi: number];

/** Whether a nonce is golden for the default puzzle, by OpenSSL alone. */
export function isGolden(nonce: number, difficulty: number): boolean {
  return digestOf(nonce).startsWith('0'.repeat(difficulty));
}

/** The digest of a nonce for the default puzzle, in hex. */
export function digestOf(nonce: number): string {
  const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
  return hex(hex(`${nonce}COMSM0010cloud`));
}

/** The first golden nonce of the scenario's space below `end`, counted one by one. */
export function smallestGolden(
  { from, difficulty }: Pick<Scenario, 'from' | 'difficulty'>,
  end: number,
): number | undefined {
  for (let nonce = from; nonce < end; nonce++) if (isGolden(nonce, difficulty)) return nonce;
  return undefined;
}

/** What kernels recorded as done, merged and ascending: the second count of the coverage. */
export function recount(record: string): Range[] {
  const ranges = recorded(record);
  const merged: [number, number][] = [];
  for (const [lo, hi] of ranges) {
    const last = merged.at(-1);
    if (last && lo <= last[1]) last[1] = Math.max(last[1], hi);
    else merged.push([lo, hi]);
  }
  return merged;
}

/** The nonces that kernels recorded as done more than once, ascending. */
export function repeated(record: string): Range[] {
  let end = Number.NEGATIVE_INFINITY;
  const again: [number, number][] = [];
  for (const [lo, hi] of recorded(record)) {
    const last = again.at(-1);
    const from = Math.max(lo, last?.[1] ?? lo);
    if (from < Math.min(end, hi)) again.push([from, Math.min(end, hi)]);
    end = Math.max(end, hi);
  }
  return again;
}

/** Every range that a kernel recorded as done, ascending. */
function recorded(record: string): Range[] {
  return readFileSync(record, 'utf8')
    .split('\n')
    .map((line) => /^\d+ (\d+) (\d+)$/.exec(line))
    .flatMap((match): Range[] => (match ? [[Number(match[1]), Number(match[2])]] : []))
    .filter(([lo, hi]) => lo < hi)
    .toSorted(([a], [b]) => a - b);
}

/**
 * The first nonce that is claimed and was not recorded as done. A hit is tested by being verified: a golden nonce needs no
 * kernel that had time to say `done`.
 */
export function unfounded(
  claimed: readonly Range[],
  recorded: readonly Range[],
  difficulty: number,
): number | undefined {
  for (const [lo, hi] of claimed) {
    let nonce = lo;
    while (nonce < hi) {
      const next = recorded.find(([from, to]) => from <= nonce && nonce < to);
      if (!next && !isGolden(nonce, difficulty)) return nonce;
      nonce = next ? next[1] : nonce + 1;
    }
  }
  return undefined;
}
