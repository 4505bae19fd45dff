import { spooledHits } from '../agent.ts';
import type { WorkerContext } from '../worker-context.ts';

/**
 * Reads what an agent has noted that could not say it before the search was over: nobody could reach it, or this process was
 * suspended. A hit found in time counts, if its instance can still be reached. Never rejects.
 */
export async function collectHits(index: number, context: WorkerContext): Promise<void> {
  const { run, search, watch, link, job, giveUp } = context;
  const instance = watch.instances.find((one) => one.index === index);
  const isKnown = search.best !== undefined && !job().smallest;
  if (isKnown || instance?.address === undefined) return;
  try {
    const session = await link(instance).session(giveUp);
    for (const hit of await spooledHits(session, { run, worker: index }, giveUp)) search.claim(index, hit);
  } catch {
    // It cannot be reached: of what it found it has told what is known.
  }
}
