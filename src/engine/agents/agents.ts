import type { AgentBroadcast } from '../../broadcast/broadcast.ts';
import type { Instance } from '../../instance.ts';
import type { Guard } from '../../session/guard.ts';
import type { Engine, RunningSearch, SearchRequest } from '../engine.ts';
import { Guards } from './guard.ts';
import type { Link } from './link.ts';
import { Search } from './search.ts';
import type { Watch } from './watch.ts';
import { WorkerBundles } from './worker-bundle.ts';
import { type WorkerContext, work } from './worker.ts';

/** What agents search on, and how. */
export interface AgentOptions {
  /** What the launch answered with: N is fixed by it. */
  readonly launched: readonly Instance[];
  readonly watch: Watch;
  /** The one session to an instance. */
  readonly link: (instance: Instance) => Link;
  readonly guard: Guard | undefined;
  /** Seconds from now until nothing of the run may be left on an instance. */
  readonly lifetime: () => number;
  readonly switch: WorkerContext['switch'];
  readonly kernel: 'auto' | 'python';
  /** The instruction set that is fastest on all instances, where that is known. */
  readonly instructionSet: string | undefined;
  /** Seconds from now until an agent stops by itself. */
  readonly agentSeconds: () => number;
  /** With which agents take part in the broadcast by themselves. */
  readonly broadcast: AgentBroadcast | undefined;
  readonly onAnswer: WorkerContext['onAnswer'];
}

/** The engine of a fleet: an agent on each instance, one search over all. */
export class AgentEngine implements Engine {
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  search(request: SearchRequest): RunningSearch {
    const { run, puzzle, space, smallest, clock, emit } = request;
    const { launched, watch, link, guard, lifetime, kernel, instructionSet, onAnswer } = this.#options;
    const { agentSeconds, broadcast } = this.#options;
    const over = new AbortController();
    const search = new PooledSearch({ ...request, workers: launched.length }, over);
    void watch.poll(over.signal);
    const job = () => ({
      run,
      puzzle,
      space,
      stride: launched.length,
      seconds: agentSeconds(),
      smallest,
      kernel,
      ...(instructionSet !== undefined && { instructionSet }),
      broadcast,
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
      switch: this.#options.switch,
      over: over.signal,
      job,
      onAnswer,
    };
    for (const { index } of launched) void work(index, context);
    return search;
  }
}

/** A search that begins nothing new on any instance once it is stopped. */
class PooledSearch extends Search {
  readonly #over: AbortController;

  constructor(options: ConstructorParameters<typeof Search>[0], over: AbortController) {
    super(options);
    this.#over = over;
  }

  override stop(reason: string, limit: AbortSignal): Promise<void> {
    this.#over.abort();
    return super.stop(reason, limit);
  }
}
