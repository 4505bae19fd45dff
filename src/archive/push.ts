import { join } from 'node:path';
import pLimit from 'p-limit';
import { CndError, messageOf } from '../error.ts';
import { plural } from '../quantity.ts';
import type { Archive, ArchiveEntry } from './archive.ts';
import { assertRunId, entryKind } from './entry.ts';
import { ownEntriesOf } from './spooled.ts';

/** Uploads at a time. */
const parallel = 8;

/** How a run is pushed. */
export interface PushOptions {
  /** Gives up: what is stored stays stored, and nothing is removed. */
  readonly signal?: AbortSignal;
  /** Told whenever something has moved. */
  readonly onProgress?: () => void;
}

/**
 * Stores all that a directory holds of a run in another archive, also what is there already, so that it may be repeated
 * until all is; then, and only then, removes it from the directory. What cnd did not put there stays.
 * @throws CndError when the run has nothing local, or when some entries could not be stored; the others were.
 */
export async function pushRun(
  run: string,
  from: Archive,
  to: Archive,
  { signal, onProgress }: PushOptions = {},
): Promise<ArchiveEntry[]> {
  assertRunId(run);
  const entries = await ownEntriesOf(from, run);
  const folder = from.location(run);
  if (entries.length === 0) {
    throw new CndError('archive-no-run', `${folder} has nothing to push`, {
      about: run,
      hint: 'see which runs there are with: cnd logs ls',
    });
  }
  const limit = pLimit(parallel);
  const store = async ({ name }: ArchiveEntry): Promise<void> => {
    const options = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    await to.store(run, name, join(folder, name), options);
    onProgress?.();
  };
  // The record comes last: where it is, all of the run is.
  const isRecord = ({ name }: ArchiveEntry): boolean => entryKind(name)?.kind === 'record';
  const others = entries.filter((entry) => !isRecord(entry));
  const results = await Promise.allSettled(others.map((entry) => limit(() => store(entry))));
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const stored = others.length - reasons.length;
  if (reasons.length > 0) throw incomplete(run, reasons[0], entries.length - stored, entries.length);
  for (const entry of entries.filter(isRecord))
    await store(entry).catch((error: unknown) => Promise.reject(incomplete(run, error, 1, entries.length)));
  await assertUnchanged(run, from, entries);
  await from.remove(run).catch((error: unknown) => Promise.reject(kept(run, from, to, error)));
  return entries;
}

function incomplete(run: string, first: unknown, missing: number, all: number): CndError {
  const hint = first instanceof CndError ? first.hint : undefined;
  return new CndError(
    first instanceof CndError ? first.code : 'archive-push-failed',
    `${missing} of ${plural(all, 'file')} could not be stored; the first: ${messageOf(first)}`,
    { about: run, cause: first, ...(hint !== undefined && { hint }) },
  );
}

/** Stored all the same. */
function kept(run: string, from: Archive, to: Archive, cause: unknown): CndError {
  const what = `${run} is fully uploaded to ${to.location(run)}, but ${from.location(run)} cannot be removed`;
  return new CndError('archive-kept', `${what}: ${messageOf(cause)}`, { about: run, cause });
}

/** Somebody may still write: what came after it was read is not stored. */
async function assertUnchanged(run: string, from: Archive, stored: readonly ArchiveEntry[]): Promise<void> {
  const words = (entries: readonly ArchiveEntry[]): string =>
    entries.map(({ name, bytes }) => `${name} ${bytes}`).join('\n');
  const now = await ownEntriesOf(from, run);
  // Nothing any more: somebody else has just stored it as well, and was done first.
  if (now.length === 0 || words(now) === words(stored)) return;
  throw new CndError('archive-changed', `${from.location(run)} has changed while it was being stored`, {
    about: run,
    hint: `when the run has ended, upload it again with: cnd logs push ${run}`,
  });
}
