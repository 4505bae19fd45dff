import { text } from 'node:stream/consumers';
import pLimit from 'p-limit';
import { CndError, messageOf } from '../error.ts';
import { recordName } from '../event/file-name.ts';
import { outcomes } from '../event/outcome.ts';
import { type RecordSummary, parseRecordSummary } from '../event/record.ts';
import { runStart } from '../run-id.ts';
import type { Archive, RunFilter } from './archive.ts';
import { ownEntriesOf } from './spooled.ts';

/** What can be said of a run in the archive: its outcome, or why it has none. */
export const statuses = [...outcomes, 'running', 'unfinished', 'torn', 'unreadable'] as const;
export type RunStatus = (typeof statuses)[number];

/** A run as `cnd logs ls` lists it, from its record alone. */
export interface RunSummary {
  readonly run: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  /** Absent where the record cannot be read. */
  readonly record?: RecordSummary;
  /** What is wrong with a torn run, or why its record cannot be read. */
  readonly error?: string;
}

/** What a run came to, from the text of its record; `alive` when its controller is still at work. Pure. */
export function summarize(run: string, recordText: string | undefined, alive: boolean): RunSummary {
  const startedAt = runStart(run)?.toISOString() ?? '';
  const torn = (error: string): RunSummary =>
    alive ? { run, status: 'running', startedAt } : { run, status: 'torn', startedAt, error };
  if (recordText === undefined) return torn(`${recordName} is missing`);
  if (recordText.trim() === '') return torn(`${recordName} is empty`);
  const record = parseRecordSummary(recordText);
  if (!record) return torn(`${recordName} is torn`);
  if (record.run !== run) return torn(`${recordName} belongs to another run, ${record.run}`);
  const status = record.ended?.outcome ?? (alive ? 'running' : 'unfinished');
  return { run, status, startedAt: record.startedAt, record };
}

/** A run whose record is there and cannot be read, which says nothing of what the run came to. Pure. */
export function unreadable(run: string, error: unknown, alive: boolean): RunSummary {
  const startedAt = runStart(run)?.toISOString() ?? '';
  if (alive) return { run, status: 'running', startedAt };
  const hint = error instanceof CndError && error.hint !== undefined ? ` (${error.hint})` : '';
  return { run, status: 'unreadable', startedAt, error: `${messageOf(error)}${hint}` };
}

/** Records read at a time: enough to hide the round trips of a remote store. */
const parallel = 16;

/**
 * The runs that the filter lets through, newest first; reads one small entry for each. `alive` holds the runs whose
 * controllers are at work here. Folders that hold nothing of a run are told to `filter.foreign`.
 */
export async function summaries(
  archive: Archive,
  filter: RunFilter,
  alive: ReadonlySet<string>,
): Promise<RunSummary[]> {
  const limit = pLimit(parallel);
  const reading: Promise<RunSummary | undefined>[] = [];
  for await (const run of archive.runs(filter)) {
    const read = limit(async () => {
      const summary = await summaryOf(archive, run, alive.has(run));
      if (summary.status !== 'torn') return summary;
      try {
        if ((await ownEntriesOf(archive, run)).length > 0) return summary;
      } catch (error) {
        return unreadable(run, error, alive.has(run));
      }
      filter.foreign?.(run);
      return undefined;
    });
    // It is looked at when all are listed; until then nobody may take a failure for one that is not handled.
    read.catch(() => {});
    reading.push(read);
  }
  return (await Promise.all(reading)).filter((summary) => summary !== undefined);
}

/** Failures that are none of one run: told once, instead of for every run there is. */
const common = new Set([
  'aws-no-credentials',
  'aws-expired',
  'aws-bad-credentials',
  'aws-clock',
  'aws-no-region',
  'aws-unreachable',
]);

async function summaryOf(archive: Archive, run: string, alive: boolean): Promise<RunSummary> {
  try {
    return summarize(run, await text(await archive.open(run, recordName)), alive);
  } catch (error) {
    const code = error instanceof CndError ? error.code : '';
    if (code === 'archive-no-entry') return summarize(run, undefined, alive);
    if (common.has(code)) throw error;
    return unreadable(run, error, alive);
  }
}
