import type { RunReport } from './model.ts';

/**
 * What the journal of a run does not tell and one of today's cnd does: it was written by an older version, or not to its end.
 * In words. Pure.
 */
export function lacking({ planned, ended, instances, searchEnded, isLive }: RunReport): string[] {
  if (isLive === true) return [];
  const all = [...instances.values()];
  const checks: readonly (readonly [isMissing: boolean, words: string])[] = [
    [!planned, 'the plan: puzzle, nonce space, fleet, N and T'],
    [planned !== undefined && planned.versions === undefined, 'the versions of cnd and Node.js'],
    [planned !== undefined && planned.fleetConfig === undefined, 'the settings of the fleet'],
    [!ended, 'the result, with what was covered and what it cost'],
    [ended !== undefined && ended.probability === undefined, 'the probability of a hit'],
    [ended !== undefined && searchEnded === undefined, 'the end of the search'],
    [all.length > 0 && all.every(({ hashes }) => hashes.present === 0), 'the work of each instance'],
  ];
  return checks.flatMap(([isMissing, words]) => (isMissing ? [words] : []));
}
