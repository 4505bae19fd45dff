import { messageOf } from '../../error.ts';
import type { Instance } from '../../fleet/fleet.ts';
import { onceAborted } from '../../wait.ts';
import { WorkerBundles } from './worker-bundle.ts';
import type { RunContext } from '../../run/context.ts';
import { Guards } from './guard.ts';
import { Link } from './link.ts';
import { pullLogs } from '../../run/log-pull.ts';
import type { Hit } from './hit.ts';
import { Search, type SearchEnd } from './search.ts';
import { Watch } from './watch.ts';
import { type WorkerContext, work } from './worker.ts';

/** Seconds that an agent's own deadline is behind the controller's, which it backs up. */
const agentMargin = 1;

/** Seconds in which stopped agents confirm at most; whoever does not is terminated all the same. */
const stopLimits = { shortest: 0.2, longest: 3 };

/** Seconds that are spent on syslogs at most: while they are pulled, instances cost money. */
const logLimits = { longest: 60, interrupted: 5 };

/** All workers of a run at work: each instance on its own, one search over all, one connection to each. */
export class WorkerPool {
  readonly search: Search;
  readonly #context: RunContext;
  readonly #watch: Watch;
  readonly #links = new Map<number, Link>();
  /** Ends the search, whatever ended it; connections live on until the logs are pulled. */
  readonly #over = new AbortController();
  readonly #linkLife = new AbortController();

  constructor(context: RunContext) {
    const { inputs, launched, emit, phases } = context;
    const { config, fleet, run } = inputs;
    this.#context = context;
    this.#watch = new Watch(fleet, run, launched, {
      onTrouble: (error) => context.warn(`the fleet cannot be looked at: ${messageOf(error)}; trying again`),
      onAnswer: (seconds) => context.releaseTime.tell('fleet', seconds),
    });
    this.search = new Search({
      puzzle: config.puzzle,
      space: config.space,
      workers: launched.length,
      smallest: config.smallest,
      emit,
      elapsed: () => context.elapsed(),
      onFirstSearching: () => phases.begin('search'),
      announce: (hit) => void this.#announce(hit),
    });
  }

  /** Sets everybody to work; resolves when the search ends by itself. */
  async searchToEnd(): Promise<SearchEnd> {
    const { inputs, launched, emit } = this.#context;
    const { run, config, fleet, broadcast, clock } = inputs;
    const over = this.#over.signal;
    const bundles = new WorkerBundles();
    const { instructionSet } = inputs.kernel;
    const stopListening = broadcast.listen(
      (announcement) => this.search.announced(announcement),
      (trouble) => this.#context.warn(`${trouble}; peers are told over SSH`),
    );
    const stopTicking = clock.every(1000, () => this.search.tick(this.#context.untilTimeLimit()));
    onceAborted(over, () => {
      stopListening();
      stopTicking();
      const { ignored = 0 } = broadcast;
      if (ignored > 0)
        this.#context.warn(
          `messages on the ${broadcast.name} broadcast that were ignored, being none of this run's: ${ignored}`,
        );
    });
    void this.#watch.poll(over);
    const { puzzle, space, smallest, kernel } = config;
    const job = () => ({
      run,
      puzzle,
      space,
      stride: launched.length,
      seconds: this.#context.untilTimeLimit(agentMargin - this.#context.teardown.search),
      smallest,
      kernel,
      ...(instructionSet !== undefined && { instructionSet }),
      broadcast: broadcast.forAgents,
    });
    const { search } = this;
    const guards = new Guards(fleet.guard, run, () => this.#context.untilTimeLimit(fleet.timing.grace));
    const watch = this.#watch;
    const link = this.#link;
    const armed = this.#switch();
    // Elsewhere an instance is released without it.
    const onAnswer = fleet.guard
      ? (index: number, seconds: number) => this.#context.releaseTime.tell(`instance ${index}`, seconds)
      : undefined;
    const context = {
      run,
      bundles,
      search,
      watch,
      clock,
      emit,
      link,
      guards,
      switch: armed,
      over,
      job,
      onAnswer,
    };
    for (const { index } of launched) void work(index, context);
    return search.ended;
  }

  /** Ends the search: nothing new is begun, and every agent is told to stop. */
  async stop(reason: string): Promise<void> {
    const { inputs, phases } = this.#context;
    this.#over.abort();
    phases.begin('stop');
    const left = this.#context.untilTimeLimit(-this.#context.teardown.stop);
    const patience = this.#context.within(Math.min(stopLimits.longest, Math.max(stopLimits.shortest, left)));
    await this.search.stop(reason, AbortSignal.any([inputs.interrupts.second, patience.signal]));
    patience.cancel();
  }

  /** Pulls the syslogs while there is time, and closes all connections. */
  async pullLogs(): Promise<void> {
    const { inputs, folder, emit, phases } = this.#context;
    const { run, fleet, interrupts } = inputs;
    phases.begin('logs');
    const left = this.#context.untilTimeLimit(-this.#context.teardown.logs);
    const limit = this.#context.within(Math.min(left, logLimits.longest));
    const enough = new AbortController();
    const hurry = (): void => {
      const moment = this.#context.within(logLimits.interrupted);
      onceAborted(moment.signal, () => enough.abort());
      onceAborted(enough.signal, moment.cancel);
    };
    if (interrupts.first.aborted) hurry();
    else onceAborted(interrupts.first, hurry);
    await pullLogs({
      instances: this.#watch.instances,
      link: this.#link,
      command: (instance) => fleet.syslogCommand(run, instance),
      folder,
      emit,
      signal: AbortSignal.any([interrupts.second, limit.signal, enough.signal]),
      toConnect: (seconds) => this.#context.within(seconds),
    });
    limit.cancel();
    enough.abort();
    this.#linkLife.abort();
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }

  #switch(): WorkerContext['switch'] {
    const { fleet, run } = this.#context.inputs;
    const command = fleet.armedCommand?.(run);
    if (command === undefined) return undefined;
    const terminate = async ({ id }: Instance): Promise<void> => {
      await fleet.terminate(run, [id]);
      this.#watch.nudge();
    };
    return { command, terminate };
  }

  async #announce({ instance, nonce, digest }: Hit): Promise<void> {
    const { run, broadcast } = this.#context.inputs;
    try {
      await broadcast.announce({ run, instance, nonce, digest });
      this.#context.emit('broadcast', { channel: broadcast.name, nonce: `${nonce}`, digest });
    } catch (error) {
      const what = `the hit could not be announced on ${broadcast.name}`;
      this.#context.warn(`${what}: ${messageOf(error)}; peers are told over SSH`);
    }
  }

  readonly #link = (instance: Instance): Link => {
    const { index } = instance;
    const known = this.#links.get(index);
    if (known) return known;
    const { fleet } = this.#context.inputs;
    const onWait = (cause: string, message: string): void => {
      if (this.#over.signal.aborted) return;
      this.#context.emit('instance.waiting', { instance: index, cause, message });
    };
    const link = new Link(() => fleet.connect(instance, { signal: this.#linkLife.signal, onWait }));
    this.#links.set(index, link);
    return link;
  };
}
