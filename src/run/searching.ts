import { Link } from '../session/link.ts';
import { Watch } from '../engine/watch.ts';
import type { SwitchCheck } from '../engine/launched-instances.ts';
import type { RunningSearch, SearchEnd, SearchRequest } from '../engine/engine.ts';
import type { Hit } from '../engine/hit.ts';
import { messageOf } from '../error.ts';
import { type Instance, isLiving } from '../instance.ts';
import type { RunContext } from './context.ts';
import { EarlyTermination } from './termination/early-termination.ts';
import { pullLogs, syslogLimit } from './log/pull.ts';
import { Replacements } from './replacement.ts';

/** Seconds that the own deadline of what searches is behind the controller's, which it backs up. */
const selfStopMargin = 1;

/** Seconds in which what searches confirms that it has stopped, at most; whoever does not is terminated all the same. */
const stopLimits = { shortest: 0.2, longest: 3 };

/** Seconds after T at which nothing but a suspension can have kept the search from being stopped. */
const late = 1;

/** Seconds in which a process that takes a run up has reached its instances. */
const reachTime = 15;

/** Seconds that are spent on syslogs at most: while they are pulled, instances cost money. */
const longestLogPull = 60;

/** The search of a run on its instances, from its beginning until the syslogs are pulled; one session to each instance. */
export class Searching {
  readonly search: RunningSearch;
  readonly #context: RunContext;
  readonly #watch: Watch;
  readonly #links = new Map<number, Link>();
  /** Ends every attempt to connect; sessions live on until the logs are pulled. */
  readonly #linkLife = new AbortController();
  readonly #replacements: Replacements;
  readonly #stopListening: () => void;
  readonly #stopTicking: () => void;
  readonly #begun: number;
  #stopped = false;

  /**
   * Sets everybody to work, or goes on where an earlier controller was.
   * @param keep See `SearchRequest.keep`.
   */
  constructor(context: RunContext, keep: SearchRequest['keep']) {
    const { inputs, launched, emit, phases } = context;
    const { run, config, fleet, broadcast, clock, kernel, earlier, continued } = inputs;
    this.#context = context;
    this.#begun = context.elapsed();
    this.#replacements = new Replacements(context);
    this.#watch = new Watch(fleet, run, launched, {
      haveBeenSeen:
        continued !== undefined &&
        context.elapsed() - (continued.snapshot.paidFrom ?? 0) > fleet.timing.settle,
      onError: (error) => context.warn(`the fleet cannot be described: ${messageOf(error)}; retrying`),
      onAnswer: (seconds) => context.releaseTime.tell('fleet', seconds),
    });
    const engine = inputs.engine({
      launched,
      watch: this.#watch,
      link: this.#link,
      guard: fleet.guard,
      lifetime: () => context.untilTimeLimit(fleet.timing.grace),
      switch: this.#switch(),
      replace: this.#replacements.begin,
      interruptionNotices: fleet.interruptionNotices,
      // Elsewhere an instance is released without it.
      onAnswer: fleet.guard
        ? (index, seconds) => context.releaseTime.tell(`instance ${index}`, seconds)
        : undefined,
    });
    this.search = engine.search({
      run,
      puzzle: config.puzzle,
      space: config.space,
      done: earlier?.done ?? [],
      controller: context.controller,
      snapshot: continued?.snapshot.search,
      isContinued: continued !== undefined,
      keep,
      smallest: config.smallest,
      kernel: config.kernel,
      linger: config.linger,
      instructionSet: kernel.instructionSet,
      threadRate: kernel.rate,
      // Whoever launched no machine does not know who else can log in there.
      audit: { fraction: config.audit ?? 0, each: (config.audit ?? (fleet.guard ? 1 : 0)) > 0 },
      seconds: () => context.untilTimeLimit(selfStopMargin - context.teardown.search),
      broadcast: broadcast.forAgents,
      clock,
      emit,
      elapsed: () => context.elapsed(),
      onFirstSearching: () => phases.begin('search'),
      announce: (hit) => void this.#announce(hit),
    });
    this.#stopListening = this.#listen();
    this.#stopTicking = clock.every(1000, () => this.search.tick(context.untilTimeLimit()));
    if (earlier?.candidate) this.search.announced({ run, ...earlier.candidate });
  }

  /** Resolves when the search ends by itself. */
  get ended(): Promise<SearchEnd> {
    return this.search.ended;
  }

  /**
   * Ends the search: nothing new is begun, and everything is told to stop. A hit that comes meanwhile counts. Where T is long
   * over, this process was suspended: what was found in time, and nobody could be told of, is looked for first.
   */
  async stop(reason: string): Promise<void> {
    const { inputs, phases, teardown } = this.#context;
    this.#stopped = true;
    this.#stopTicking();
    this.#replacements.stop();
    phases.begin('stop');
    const isLate = this.#context.untilTimeLimit() < -late;
    const shortest = isLate ? stopLimits.longest : stopLimits.shortest;
    const left = this.#context.untilTimeLimit(-teardown.stop);
    const limit = this.#context.within(Math.min(stopLimits.longest, Math.max(shortest, left)));
    const signal = AbortSignal.any([inputs.interrupts.second, limit.signal]);
    await Promise.all([
      this.search.stop(reason, signal),
      isLate && inputs.broadcast.catchUp?.(signal).catch(() => {}),
    ]);
    limit.cancel();
    this.#stopListening();
  }

  /** Pulls the syslogs while there is time, and closes all sessions. Who is done does not wait for who is slow. */
  async pullLogs(): Promise<void> {
    const { inputs, folder, emit, phases, teardown } = this.#context;
    const { run, fleet, interrupts } = inputs;
    phases.begin('logs');
    const left = this.#context.untilTimeLimit(-teardown.logs);
    const limit = this.#context.within(Math.min(left, longestLogPull));
    const asked = interrupts.limit((seconds) => this.#context.within(seconds));
    const signal = AbortSignal.any([limit.signal, asked.signal]);
    // The search may have been over before anybody looked where the instances of an earlier controller are.
    if (inputs.continued) await this.#watch.look(signal).catch(() => {});
    const pulled = new Set(
      this.#context.history.records().map(({ index, log }) => (log ? index : undefined)),
    );
    // An earlier controller has pulled the syslog of one that is terminated since.
    const instances = this.#watch.instances.filter((one) => isLiving(one) || !pulled.has(one.index));
    const early = new EarlyTermination(this.#context);
    await pullLogs({
      instances,
      link: this.#link,
      command: (instance) => fleet.syslogCommand(run, instance),
      folder,
      maxBytes: syslogLimit(this.#watch.instances.length),
      emit,
      onDone: early.add,
      signal,
      toConnect: (seconds) => this.#context.within(Math.max(seconds, this.#untilReached)),
    });
    early.stop();
    limit.cancel();
    asked.end();
    this.#linkLife.abort();
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }

  /** Seconds for which an instance may still not have been reached, as this process has just taken the run up. */
  get #untilReached(): number {
    const { inputs } = this.#context;
    return inputs.continued ? this.#begun + reachTime - this.#context.elapsed() : 0;
  }

  /** Hears of hits on the broadcast, until the function that is returned is called. */
  #listen(): () => void {
    const { broadcast } = this.#context.inputs;
    const stopListening = broadcast.listen(
      (announcement) => this.search.announced(announcement),
      (error) => this.#context.warn(`${error}; the controller notifies its instances directly`),
    );
    return () => {
      stopListening();
      const { ignored = 0 } = broadcast;
      if (ignored > 0)
        this.#context.warn(
          `messages on the ${broadcast.name} broadcast were ignored, as they are not of this run: ${ignored}`,
        );
    };
  }

  #switch(): SwitchCheck | undefined {
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
      await broadcast.announce({ run, nonce, digest, ...(instance !== undefined && { instance }) });
      this.#context.emit('broadcast', { channel: broadcast.name, nonce: `${nonce}`, digest });
    } catch (error) {
      const what = `the hit could not be announced on ${broadcast.name}`;
      this.#context.warn(`${what}: ${messageOf(error)}; the controller notifies its instances directly`);
    }
  }

  readonly #link = (instance: Instance): Link => {
    const { index } = instance;
    const known = this.#links.get(index);
    if (known) return known;
    const { fleet } = this.#context.inputs;
    const onWait = (cause: string, message: string): void => {
      if (!this.#stopped) this.#context.emit('instance.waiting', { instance: index, cause, message });
    };
    const link = new Link(() => fleet.connect(instance, { signal: this.#linkLife.signal, onWait }));
    this.#links.set(index, link);
    return link;
  };
}
