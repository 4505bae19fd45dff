import { median } from '../../compare/statistic.ts';
import type { RunRecord } from '../../event/record.ts';

/** What past runs showed of one kind of machine. */
export interface Past {
  /** Nonces per second of one instance: the median. */
  readonly rate: number;
  /** Seconds from the start of a run until an instance searched: the median. */
  readonly boot: number;
  /** How many instances that is taken from, and when the last of their runs began. */
  readonly instances: number;
  readonly last: string;
}

/** Seconds of searching below which a rate says little: stopping counts as well. */
const leastSeconds = 5;

/**
 * What records of runs say of the machines that searched for puzzles of a scheme with a kernel (`auto`: the native one), by the
 * name of their type, or of their fleet where it has no types. Pure.
 */
export function pastOf(
  records: readonly RunRecord[],
  scheme: string,
  kernel: 'auto' | 'python',
): Map<string, Past> {
  const found = new Map<string, { rates: number[]; boots: number[]; last: string }>();
  for (const { startedAt, config, instances = [] } of records) {
    if (config.puzzle.scheme !== scheme) continue;
    for (const { type, hashes = 0, searchingAt, stoppedAt, kernel: used } of instances) {
      if (searchingAt === undefined || (used === 'pow.py') !== (kernel === 'python')) continue;
      const name = type ?? config.fleet;
      const entry = found.get(name) ?? { rates: [], boots: [], last: startedAt };
      found.set(name, entry);
      entry.boots.push(secondsBetween(startedAt, searchingAt));
      if (startedAt > entry.last) entry.last = startedAt;
      const searched = stoppedAt === undefined ? 0 : secondsBetween(searchingAt, stoppedAt);
      if (searched >= leastSeconds && hashes > 0) entry.rates.push(hashes / searched);
    }
  }
  return new Map(
    [...found].flatMap(([name, { rates, boots, last }]): [string, Past][] =>
      rates.length === 0
        ? []
        : [[name, { rate: median(rates), boot: median(boots), instances: rates.length, last }]],
    ),
  );
}

function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
