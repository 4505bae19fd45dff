import { text as readText } from 'node:stream/consumers';
import pLimit from 'p-limit';
import type { Archive } from '../../archive/archive.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { compareRuns } from '../../compare/comparison.ts';
import type { Comparison } from '../../compare/model.ts';
import { type ComparedRun, type ExcludedRun, comparedRun } from '../../compare/run.ts';
import { CndError, UsageError } from '../../error.ts';
import { recordName } from '../../event/file-name.ts';
import { type RunRecord, parseRecord } from '../../event/record.ts';
import { runStart } from '../../run-id.ts';

/** Records read at a time. */
const parallel = 16;

/** The record of a run; undefined when there is none, or it is damaged. @throws CndError when the archive cannot be read. */
export async function recordOf(archive: Archive, run: string): Promise<RunRecord | undefined> {
  try {
    const record = parseRecord(await readText(await archive.open(run, recordName)));
    return record?.run === run ? record : undefined;
  } catch (error) {
    if (error instanceof CndError && error.code === 'archive-no-entry') return undefined;
    throw error;
  }
}

/** Compares runs of the archive, in this order. */
export async function compareArchived(
  archive: Archive,
  runs: readonly string[],
  series?: string,
): Promise<Comparison> {
  const limit = pLimit(parallel);
  const found = await Promise.all(
    runs.map((run) =>
      limit(async (): Promise<ComparedRun | ExcludedRun> => {
        const record = await recordOf(archive, run);
        return record ? comparedRun(record) : { run, why: 'it has no record in the archive' };
      }),
    ),
  );
  return compareRuns(found, series);
}

/** The runs whose ids begin so, oldest first, or the `last` one. @throws UsageError when there are none. */
export async function runsNamed(archive: Archive, name: string): Promise<string[]> {
  const runs: string[] = [];
  if (name !== 'last') for await (const run of archive.runs({ prefix: name })) runs.push(run);
  return runs.length > 0 ? runs.toReversed() : [await resolveRun(archive, name)];
}

/**
 * The runs of a series whose own record is on another machine: their records tell the series. Oldest first.
 * @throws UsageError when there are none.
 */
export async function runsOfSeries(archive: Archive, series: string): Promise<string[]> {
  const since = runStart(series);
  const limit = pLimit(parallel);
  const candidates: Promise<string | undefined>[] = [];
  for await (const run of archive.runs(since ? { since } : {}))
    candidates.push(limit(async () => ((await recordOf(archive, run))?.series === series ? run : undefined)));
  const runs = (await Promise.all(candidates)).filter((run) => run !== undefined);
  if (runs.length > 0) return runs.toReversed();
  throw new UsageError('unknown-series', `no run in ${archive.location()} is part of a series ${series}`, {
    about: 'series',
    hint: 'list the runs with: cnd logs ls',
  });
}
