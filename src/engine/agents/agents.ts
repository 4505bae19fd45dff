import { randomInt } from 'node:crypto';
import { onceAborted } from '../../wait.ts';
import type { Engine, RunningSearch, SearchRequest } from '../engine.ts';
import { CndError } from '../../error.ts';
import type { Instance } from '../../instance.ts';
import { fastestKnown } from '../../kernel/fastest.ts';
import type { LaunchedInstances } from '../launched-instances.ts';
import { redo } from '../../kernel/redo.ts';
import { Audits } from './audit/audits.ts';
import { PeerRedo } from './audit/peer-redo.ts';
import { nearBits } from './audit/near-threshold.ts';
import { Guards } from './guard.ts';
import { strideOf } from './resume/resumed-search.ts';
import { Search } from './search.ts';
import { WorkerBundles } from './worker-bundle.ts';
import { work } from './worker.ts';
import type { WorkerContext } from './worker-context.ts';

/** Seconds for which an instance that cannot be reached keeps its part of the search, however little time is left. */
const shortestAbsence = 10;

/** The engine of a fleet: an agent on each instance, one search over all. */
export class AgentEngine implements Engine {
  readonly #instances: LaunchedInstances;

  constructor(instances: LaunchedInstances) {
    this.#instances = instances;
  }

  search(request: SearchRequest): RunningSearch {
    const {
      controller,
      run,
      puzzle,
      space,
      smallest,
      kernel,
      instructionSet,
      seconds,
      linger,
      broadcast,
      clock,
      emit,
    } = request;
    const {
      launched,
      watch,
      link,
      guard,
      lifetime,
      switch: check,
      onAnswer,
      interruptionNotices,
    } = this.#instances;
    const life = { over: new AbortController(), giveUp: new AbortController() };
    const { over } = life;
    const works: Promise<void>[] = [];
    const replaced = new Set<number>();
    const workers = strideOf(request, launched.length);
    const { fraction = 0, each = false } = request.audit ?? {};
    const near = nearBits(space, workers, fraction > 0 || each);
    const random = (): number => randomInt(2 ** 32) / 2 ** 32;
    const peers = new PeerRedo(() => search.pool, random);
    const audits = new Audits({
      fraction,
      each,
      redo: (range) => redo(puzzle, range, near, over.signal),
      peers,
      random,
      signal: over.signal,
      onLie: (worker, error) => search.distrust(worker, error),
    });
    const fastest = Math.max(fastestKnown[puzzle.scheme], request.threadRate ?? 0);
    const options = { ...request, workers, near, fastest, audits, onRedone: peers.answered.bind(peers) };
    const search = new PooledSearch(options, life, works);
    // An earlier controller was killed before it knew of them.
    for (const index of search.pool.all.keys())
      if (!launched.some((instance) => instance.index === index))
        search.lose(index, notReplaced(), false, { quiet: true });
    void watch.poll(over.signal);
    // Those who hear of a hit by themselves need no controller to stop in time.
    const lingering = () => (broadcast ? Math.max(0, seconds()) : linger);
    // A machine may have died without anybody noticing: the others need time for its part as well.
    const longestAbsence = () => Math.min(linger, Math.max(shortestAbsence, seconds() / 4));
    const job = () => ({
      run,
      puzzle,
      space,
      stride: workers,
      seconds: seconds(),
      linger: lingering(),
      smallest,
      kernel,
      ...(instructionSet !== undefined && { instructionSet }),
      near,
      broadcast,
      ...(interruptionNotices !== undefined && { imds: interruptionNotices }),
    });
    const context: WorkerContext = {
      run,
      bundles: new WorkerBundles(),
      search,
      watch,
      clock,
      emit,
      link,
      guards: new Guards(guard, run, lifetime),
      switch: check,
      over: over.signal,
      giveUp: life.giveUp.signal,
      job,
      replace: (lost) => {
        const index = search.pool.all.length;
        const launching = replaced.has(lost.index) ? undefined : this.#instances.replace(lost, index);
        if (!launching) return;
        replaced.add(lost.index);
        search.join();
        works.push(workLater(index, launching, context));
      },
      onAnswer,
      linger: longestAbsence,
      controller,
    };
    for (const { index } of launched) works.push(work(index, context));
    return search;
  }
}

/** The pipeline of an instance that is still being launched, in place of one that was lost. Never rejects. */
async function workLater(index: number, launching: Promise<Instance>, context: WorkerContext): Promise<void> {
  const { search, watch } = context;
  try {
    watch.add(await launching);
  } catch {
    return search.lose(index, notReplaced(), false, { quiet: true });
  }
  return work(index, context);
}

/** There is no instance for a worker; whoever launches has said why. */
function notReplaced(): CndError {
  return new CndError('not-replaced', 'no other instance could be launched in its place');
}

/** A search that begins nothing new on any instance once it is stopped. */
class PooledSearch extends Search {
  readonly #life: { readonly over: AbortController; readonly giveUp: AbortController };
  readonly #works: readonly Promise<void>[];

  constructor(
    options: ConstructorParameters<typeof Search>[0],
    life: { readonly over: AbortController; readonly giveUp: AbortController },
    works: readonly Promise<void>[],
  ) {
    super(options, () => life.over.abort());
    this.#life = life;
    this.#works = works;
  }

  override stop(reason: string, limit: AbortSignal): Promise<void> {
    onceAborted(limit, () => this.#life.giveUp.abort());
    return super.stop(reason, limit, Promise.all(this.#works));
  }
}
