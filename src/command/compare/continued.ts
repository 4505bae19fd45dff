import type { Archive } from '../../archive/archive.ts';
import type { SeriesRecord, SeriesRun } from '../../compare/series.ts';
import type { RunConfig } from '../../config/config.ts';
import { UsageError } from '../../error.ts';
import { listRunStates } from '../../state/run-state.ts';
import { recordOf } from './read.ts';

/** What the settings of a series come to, but for its budget, which may be raised: JSON. Pure. */
export function settingsText({ source: { settings, directory } }: RunConfig): string {
  const { maxCost: _, confirmAbove: __, ...rest } = settings;
  return JSON.stringify({ ...rest, directory });
}

/** @throws UsageError where the runs to come would not be as those that were made. */
export function requireUnchanged(record: SeriesRecord, config: RunConfig): void {
  const now = settingsText(config);
  if (now === record.settings) return;
  const [before, after] = [record.settings, now].map(
    (text) => new Map(Object.entries(Object(JSON.parse(text)))),
  );
  const changed = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])].filter(
    (key) => JSON.stringify(before?.get(key)) !== JSON.stringify(after?.get(key)),
  );
  throw new UsageError(
    'series-changed',
    `the settings of series ${record.series} have changed since it began: ${changed.join(', ')}`,
    {
      about: changed[0] ?? 'series',
      hint: `set them back in cnd.config.json and the environment, or make a new series; what was made shows: cnd compare --series ${record.series}`,
    },
  );
}

/**
 * What became of runs whose controller never came back to the series: it was killed, or another process went on with them.
 * @throws UsageError while one of them may still have instances.
 */
export async function settledRuns(
  record: SeriesRecord,
  archive: Archive,
  env: NodeJS.ProcessEnv,
): Promise<SeriesRun[]> {
  const open = record.runs.filter(({ exitCode }) => exitCode === undefined);
  if (open.length === 0) return [...record.runs];
  const states = await listRunStates(env);
  const alive = open.find(({ run }) => states.some((state) => state.run === run));
  if (alive)
    throw new UsageError('run-unfinished', `run ${alive.run} of the series has not ended`, {
      about: alive.run,
      hint: `end it first: cnd resume ${alive.run}, or cnd scram --run ${alive.run}`,
    });
  const runs: SeriesRun[] = [];
  for (const one of record.runs) {
    if (one.exitCode !== undefined) runs.push(one);
    else {
      const { ended, cost } = (await recordOf(archive, one.run)) ?? {};
      const paid = ended?.cost ?? cost?.limit;
      runs.push({
        ...one,
        // Without a result nothing of it is compared.
        exitCode: ended?.exitCode ?? 1,
        ...(paid !== undefined && { cost: paid }),
      });
    }
  }
  return runs;
}
