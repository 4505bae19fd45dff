import { median } from '../../compare/statistic.ts';
import type { RunRecord } from '../../event/record.ts';
import { slowdown } from '../../kernel/compression.ts';

/** What past runs showed of one kind of machine. */
export interface Past {
  /** Nonces per second of one instance with a short text, of those that searched for long enough; absent: none did. */
  readonly rate?: Median;
  /** Seconds from the start of a run until an instance searched, whatever it searched for. */
  readonly boot: Median;
}

/** A median, how many instances it is taken from, and when the last of their runs began. */
export interface Median {
  readonly value: number;
  readonly instances: number;
  readonly last: string;
}

/** Seconds of searching below which a rate says little: stopping counts as well. */
const leastSeconds = 5;

/** One of the default space, as long as most of them. */
const typicalNonce = 2n ** 31n;

/** What one instance showed, and when its run began. */
interface Sample {
  readonly value: number;
  readonly startedAt: string;
}

/**
 * What records of runs say of the machines, by the name of their type, or of their fleet where it has no types: how long they took
 * to search, and how fast those were that searched for puzzles of a scheme with a kernel (`auto`: the native one). Pure.
 */
export function pastOf(
  records: readonly RunRecord[],
  scheme: string,
  kernel: 'auto' | 'python',
): Map<string, Past> {
  const found = new Map<string, { rates: Sample[]; boots: Sample[] }>();
  for (const { startedAt, config, schema, instances = [] } of records) {
    // Those of an older cnd have the block in another form.
    const slower = schema === undefined ? 1 : slowdown(config.puzzle, typicalNonce, kernel);
    for (const { type, hashes = 0, searchingAt, stoppedAt, kernel: used } of instances) {
      if (searchingAt === undefined) continue;
      const name = type ?? config.fleet;
      const entry = found.get(name) ?? { rates: [], boots: [] };
      found.set(name, entry);
      entry.boots.push({ value: secondsBetween(startedAt, searchingAt), startedAt });
      if (config.puzzle.scheme !== scheme || (used === 'pow.py') !== (kernel === 'python')) continue;
      const searched = stoppedAt === undefined ? 0 : secondsBetween(searchingAt, stoppedAt);
      if (searched >= leastSeconds && hashes > 0)
        entry.rates.push({ value: (hashes / searched) * slower, startedAt });
    }
  }
  return new Map(
    [...found].map(([name, { rates, boots }]): [string, Past] => [
      name,
      { boot: medianOf(boots), ...(rates.length > 0 && { rate: medianOf(rates) }) },
    ]),
  );
}

function medianOf(samples: readonly Sample[]): Median {
  return {
    value: median(samples.map(({ value }) => value)),
    instances: samples.length,
    last: samples.reduce((last, { startedAt }) => (startedAt > last ? startedAt : last), ''),
  };
}

function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
