import { text } from 'node:stream/consumers';
import { CndError, messageOf } from '../error.ts';
import { recordName } from '../event/file-name.ts';
import { outcomes } from '../event/outcome.ts';
import { type RecordSummary, parseRecordSummary } from '../event/record.ts';
import { runStart } from '../run-id.ts';
import type { Archive } from './archive.ts';

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
  /** It is from the index, and not all of it: of the puzzle's block and the words of the cost only the record knows. */
  readonly isShortened?: true;
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

/** Failures that are none of one run: told once, instead of for every run there is. */
const common = new Set([
  'aws-no-credentials',
  'aws-expired',
  'aws-bad-credentials',
  'aws-clock',
  'aws-no-region',
  'aws-unreachable',
]);

/** Reads the record of a run. @throws CndError for what would fail for every other run, too. */
export async function summaryOf(archive: Archive, run: string, alive: boolean): Promise<RunSummary> {
  try {
    return summarize(run, await text(await archive.open(run, recordName)), alive);
  } catch (error) {
    const code = error instanceof CndError ? error.code : '';
    if (code === 'archive-no-entry') return summarize(run, undefined, alive);
    if (common.has(code)) throw error;
    return unreadable(run, error, alive);
  }
}
