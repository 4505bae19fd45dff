import { parseRetention } from '../../archive/keep.ts';
import { expiredRuns } from '../../archive/retention.ts';
import { messageOf } from '../../error.ts';
import { runsUnderWay } from '../../state/under-way.ts';
import { within } from '../../wait.ts';
import type { RunContext } from '../context.ts';

/** Runs that the end of a run removes at most, and for how many milliseconds it does: somebody waits for it. */
const most = { runs: 100, time: 20_000 };

/** Removes from the archive what `logs.keep` does not keep any longer, some of it if it is much. Never rejects. */
export async function pruneArchive(context: RunContext): Promise<void> {
  const { archive, clock, config, env, interrupts, run } = context.inputs;
  const { keep } = config.logs;
  const retention = keep === undefined ? undefined : parseRetention(keep);
  // Whoever interrupted twice wants the end at once.
  if (keep === undefined || !retention || interrupts.second.aborted) return;
  let isOver = false;
  let removed = 0;
  const prune = async (): Promise<void> => {
    const alive = new Set([...(await runsUnderWay(env)), run]);
    const expired = await expiredRuns(archive, retention, { alive, now: new Date(clock.wall()) });
    for (const { run: old } of expired.slice(0, most.runs)) {
      if (isOver) return;
      await archive.remove(old);
      removed += 1;
    }
  };
  try {
    await within(most.time, prune());
  } catch (error) {
    context.warn(`old runs are not removed from ${archive.location()}: ${messageOf(error)}`);
  }
  isOver = true;
  if (removed > 0) context.emit('archive.pruned', { location: archive.location(), runs: removed, keep });
}
