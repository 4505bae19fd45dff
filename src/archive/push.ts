import { join } from 'node:path';
import pLimit from 'p-limit';
import { CndError, messageOf } from '../error.ts';
import type { Archive, ArchiveEntry } from './archive.ts';
import { assertRunId, entryKind } from './entry.ts';

/** Uploads at a time. */
const parallel = 8;

/**
 * Stores what a run has left in the local directory in another archive: `cnd logs push RUN`, for uploads that failed.
 * All entries of cnd are stored, also what is there already, so that it may be repeated until all is.
 * @throws CndError when the run has nothing local, or when some entries could not be stored; the others were.
 */
export async function pushRun(run: string, from: Archive, to: Archive): Promise<ArchiveEntry[]> {
  assertRunId(run);
  const entries = (await from.entries(run)).filter(({ name }) => entryKind(name) !== undefined);
  const folder = from.location(run);
  if (entries.length === 0) {
    throw new CndError('archive-no-run', `${folder} has nothing to push`, {
      about: run,
      hint: 'see which runs there are with: cnd logs ls',
    });
  }
  const limit = pLimit(parallel);
  const results = await Promise.allSettled(
    entries.map(({ name }) => limit(() => to.store(run, name, join(folder, name)))),
  );
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (reasons.length === 0) return entries;
  const [first] = reasons;
  const hint = first instanceof CndError ? first.hint : undefined;
  throw new CndError(
    first instanceof CndError ? first.code : 'archive-push-failed',
    `${reasons.length} of ${entries.length} entries could not be pushed; the first: ${messageOf(first)}`,
    { about: run, cause: first, ...(hint !== undefined && { hint }) },
  );
}
