import { isGolden, recount, smallestGolden, unfounded } from './oracle.ts';
import type { Scenario } from './scenario.ts';

/** The end of a run as it told it itself. */
export interface Told {
  readonly run: string;
  readonly outcome: string;
  readonly exitCode: number;
  readonly nonce?: string;
  readonly smallest: boolean;
  readonly tested: string;
  readonly left: readonly string[];
  readonly elapsed: number;
  readonly phases?: Readonly<Record<string, number>>;
  readonly coverage: {
    readonly ranges: readonly (readonly [string, string])[];
    readonly rangesCut: boolean;
    readonly doubled?: string;
  };
}

/** Whether what a run says that it tested, and found, is so: by what kernels recorded in this file, and by OpenSSL. */
export function answers(scenario: Scenario, record: string, told: Told): string[] {
  const found: string[] = [];
  const { from, size, difficulty } = scenario;
  const ranges = told.coverage.ranges.map(([lo, hi]) => [Number(lo), Number(hi)] as const);
  const tested = ranges.reduce((sum, [lo, hi]) => sum + hi - lo, 0);
  if (!told.coverage.rangesCut && String(tested) !== told.tested)
    found.push(`tested ${told.tested}, but its ranges hold ${tested}`);
  // A hostile instance can claim what it likes: then only the hits can be checked.
  if (scenario.agent === 'own') {
    const lie = unfounded(ranges, recount(record), difficulty);
    if (lie !== undefined) found.push(`${lie} is said to be tested, and no kernel did it`);
    if (told.outcome === 'exhausted') {
      if (tested !== size) found.push(`exhausted after ${tested} of ${size} nonces`);
      const missed = size <= 250_000 ? smallestGolden(scenario, from + size) : undefined;
      if (missed !== undefined) found.push(`exhausted, but ${missed} is golden`);
    }
  }
  if (told.outcome !== 'found') return found;
  const nonce = Number(told.nonce);
  if (!isGolden(nonce, difficulty) || nonce < from || nonce >= from + size)
    found.push(`${told.nonce} is not golden here`);
  else if (scenario.smallest && scenario.agent === 'own' && smallestGolden(scenario, nonce) !== undefined)
    found.push(`${told.nonce} is not the smallest: ${smallestGolden(scenario, nonce)} is golden`);
  return found;
}
