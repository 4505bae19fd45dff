import type { Archive } from './archive.ts';
import { summaries } from './index/listing.ts';
import { unstoredRuns } from './spooled.ts';
import type { RunSummary } from './summary.ts';
import type { Retention } from './keep.ts';

/** Who is at work, and what time it is. */
export interface RetentionContext {
  /** Runs whose controllers are at work here. */
  readonly alive: ReadonlySet<string>;
  readonly now: Date;
}

/**
 * The runs that are not to be kept any longer, the oldest first. Only those whose record says how they ended: none that is under
 * way or was killed, and none that is not fully uploaded, of whose record a bucket knows last.
 */
export async function expiredRuns(
  archive: Archive,
  retention: Retention,
  { alive, now }: RetentionContext,
): Promise<RunSummary[]> {
  const until = 'age' in retention ? new Date(now.getTime() - retention.age - 1000) : undefined;
  const runs = await summaries(archive, until ? { until } : {}, alive);
  const beyond = 'runs' in retention ? runs.slice(retention.runs) : runs;
  if (beyond.length === 0) return [];
  const waiting = new Set<string>(archive.spool ? await unstoredRuns(archive.spool) : []);
  return beyond
    .filter(({ run, record }) => record?.ended !== undefined && !alive.has(run) && !waiting.has(run))
    .toReversed();
}
