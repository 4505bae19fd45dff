import { CndError, messageOf } from '../../error.ts';
import type { Instance } from '../../instance.ts';
import { backoff } from '../../retry.ts';
import type { Session } from '../../session/session.ts';
import { pause } from '../../wait.ts';
import { Absence } from './loss/absence.ts';
import { measureAnswers } from '../answer-time.ts';
import { Agent, spooledHits } from './agent.ts';
import type { AgentMessage } from './agent-message.ts';
import { jobLine } from './agent-order.ts';
import { collectHits } from './loss/collect.ts';
import { fleetWord } from './loss/fleet-word.ts';
import { interrupted, noteInterruption } from './loss/interruption.ts';
import { boot } from './boot/boot.ts';
import { takeUnnotedJob } from './resume/unnoted-job.ts';
import { attachAgent } from './remote-command.ts';
import type { WorkerContext } from './worker-context.ts';

/** How often in a row an agent is started again on one instance after it ended. */
const retries = 3;

/** Seconds of searching after which earlier ends are forgiven. */
const forgiveness = 60;

/** Seconds for which a connection that holds counts as good: the next one is made at once. */
const goodConnection = 10;

/** Seconds before the end of the search in which an agent's own deadline may come first. */
const deadlineSlack = 3;

/** What another attempt can fix; a wrong key, a missing python3 or a broken upload it cannot. */
const passing = new Set([
  'session-lost',
  'session-aborted',
  'session-timeout',
  'agent-died',
  'agent-silent',
  'agent-hung',
  'agent-signal',
  // Nobody reached it in time: it has stopped, and can be started again.
  'agent-linger',
  'agent-order',
  // What held its stdin ended, such as the shell that it runs in: its connection was lost, as it sees it.
  'agent-stdin',
]);

/** What an agent survives, or may have survived: whether it lives is seen by attaching to it. */
const survivable = new Set([
  'session-lost',
  'session-aborted',
  'session-timeout',
  'agent-silent',
  'agent-died',
]);

/**
 * The pipeline of one instance: as soon as it runs and answers SSH it gets the worker and searches, whatever the others
 * do. When the connection to its agent is lost it is made again, while its instance lives: the agent searches on meanwhile.
 * Resolves when its part is over; never rejects.
 */
export function work(index: number, context: WorkerContext): Promise<void> {
  return new Work(index, context).run();
}

class Work {
  readonly #index: number;
  readonly #context: WorkerContext;
  /** Aborts when the search is over, or its instance is gone. */
  readonly #stop: AbortSignal;
  readonly #gone = new AbortController();
  readonly #absence: Absence;
  #announced = false;
  /** The worker is there, as far as is known. */
  #uploaded = false;
  /** An agent has been given a job, and may have it still. */
  #begun = false;
  /** The agent said that it outlives its connection. */
  #survives = false;
  /** What ended the last conversation. */
  #failure: CndError | undefined;
  /** How often in a row its agent has ended by itself. */
  #ends = 0;
  /** How often in a row a connection broke soon. */
  #drops = 0;

  constructor(index: number, context: WorkerContext) {
    this.#index = index;
    this.#context = context;
    const { over, search, watch, linger, clock } = context;
    void watch.gone(index, over).then(
      (instance) => {
        // Before it is given up, so that the only one is not the last.
        context.replace(instance);
        this.#gone.abort(terminated(instance));
      },
      () => {},
    );
    this.#stop = AbortSignal.any([over, this.#gone.signal]);
    this.#absence = new Absence(clock, linger, ({ message }, seconds) => {
      if (over.aborted || !search.pool.isAway(index)) return;
      const words = `not reached for ${Math.round(seconds)} s: ${message}`;
      search.lose(index, new CndError('agent-unreachable', words), true);
    });
  }

  async run(): Promise<void> {
    if (this.#context.search.pool.isAway(this.#index)) this.#takeUp();
    try {
      while (await this.#isTriedAgain());
    } finally {
      this.#absence.end();
    }
  }

  /** An earlier controller has set it to work: its agent may be at it still. */
  #takeUp(): void {
    this.#announced = this.#uploaded = this.#begun = this.#survives = true;
    this.#failure = new CndError('controller-lost', 'its controller was killed');
    this.#absence.begin(this.#failure);
  }

  /** Tries once. Whether that is to be repeated. */
  async #isTriedAgain(): Promise<boolean> {
    const { over, search, watch, clock } = this.#context;
    const begin = clock.monotonic();
    try {
      over.throwIfAborted();
      await this.#attempt();
      return false;
    } catch (error) {
      await fleetWord(error, watch, this.#stop);
      if (over.aborted) {
        if (this.#begun && !this.#gone.signal.aborted) await collectHits(this.#index, this.#context);
        search.forget(this.#index);
        return false;
      }
      // It was given up while its agent was still being told to stop.
      if (search.isLost(this.#index)) return false;
      return this.#goesOn(this.#explained(error), (clock.monotonic() - begin) / 1000);
    }
  }

  /** That its instance is gone explains any error, but for the one that it was terminated for. */
  #explained(error: unknown): CndError {
    const isUnarmed = error instanceof CndError && error.code === 'instance-unarmed';
    return asCndError(this.#gone.signal.aborted && !isUnarmed ? this.#gone.signal.reason : error);
  }

  /** Whether it is tried again, once it is time to. `seconds`: how long the try took that failed. */
  async #goesOn(failure: CndError, seconds: number): Promise<boolean> {
    const { search, watch, emit } = this.#context;
    const index = this.#index;
    this.#failure = failure;
    if (!this.#gone.signal.aborted && this.#begun && this.#survives && survivable.has(failure.code)) {
      search.away(index);
      const isNews = this.#absence.begin(failure);
      // Of one that may have ended by itself it is not known yet.
      if (isNews && failure.code !== 'agent-died')
        emit('instance.disconnected', { instance: index, code: failure.code, reason: failure.message });
      watch.nudge();
      await this.#pause(seconds);
      return true;
    }
    this.#absence.end();
    this.#begun = false;
    this.#uploaded = false;
    const isDrop = failure.code === 'session-lost' && !this.#gone.signal.aborted;
    const isRetried = isDrop || (passing.has(failure.code) && this.#mayRetry(seconds));
    search.lose(index, failure, isRetried);
    // If its machine is gone the fleet knows, and nobody has to wait for it.
    if (isRetried) watch.nudge();
    if (isDrop) await this.#pause(seconds);
    return isRetried;
  }

  /** Before the next connection: the longer, the more of them broke soon. */
  async #pause(seconds: number): Promise<void> {
    this.#drops = seconds > goodConnection ? 0 : this.#drops + 1;
    if (this.#drops > 0) await pause(backoff(this.#drops - 1), this.#stop);
  }

  /** Counts one more end of its agent. */
  #mayRetry(seconds: number): boolean {
    if (seconds > forgiveness) this.#ends = 0;
    this.#ends += 1;
    return this.#ends <= retries;
  }

  async #attempt(): Promise<void> {
    const { run, watch, emit } = this.#context;
    const index = this.#index;
    const instance = await watch.settled(index, this.#stop);
    if (instance.address === undefined) throw terminated(instance);
    if (!this.#announced) {
      emit('instance.running', { instance: index, id: instance.id, address: instance.address });
      this.#announced = true;
    }
    const session = await this.#context.link(instance).session(this.#stop);
    if (!this.#uploaded) emit('instance.connected', { instance: index });
    const { clock, controller, guards, search } = this.#context;
    const speaker = { ...controller, clock, received: search.pool.get(index).received };
    const stop = this.#stop;
    const agent = this.#uploaded
      ? await Agent.attach(
          session,
          guards.tag(instance, attachAgent(run, index, guards.lifetime())),
          { run, worker: index },
          speaker,
          { signal: stop },
        )
      : await boot({ instance, session, context: this.#context, speaker, stop });
    this.#uploaded = true;
    let isAttached = false;
    try {
      await this.#converse(agent, session, instance, () => (isAttached = true));
    } catch (error) {
      // Where its directory is gone nothing can be started any more: all of it is put there again.
      if (!isAttached && error instanceof CndError && error.code === 'agent-died') this.#uploaded = false;
      throw error;
    }
  }

  async #converse(agent: Agent, session: Session, instance: Instance, onAttached: () => void): Promise<void> {
    const { search, over, job, onAnswer } = this.#context;
    const measuring = new AbortController();
    const until = AbortSignal.any([this.#stop, measuring.signal]);
    const receive = async (message: AgentMessage): Promise<void> => {
      if (message.event === 'interruption') return noteInterruption(instance, message, this.#context);
      if (message.event !== 'attached') {
        // What an earlier controller was told is said again before the agent is attached to.
        if (message.event === 'released') this.#begun ||= takeUnnotedJob(search, this.#index);
        return search.receive(this.#index, message);
      }
      onAttached();
      this.#survives = message.survives;
      await this.#setToWork(agent, session, instance, message.job);
      if (onAnswer) void measureAnswers(session, until, (seconds) => onAnswer(this.#index, seconds));
    };
    const reason = await agent.converse(receive).finally(() => measuring.abort());
    if (over.aborted) return;
    // Its own deadline is the net below ours: about to end, or its clock is wrong and it is begun again.
    if (reason === 'deadline' && job().seconds < deadlineSlack) return;
    if (reason === 'interruption') throw interrupted();
    throw new CndError(`agent-${reason}`, `its agent stopped by itself (${reason})`);
  }

  /** What an agent is told that was attached to; `hasJob`: one that has been searching already. */
  async #setToWork(agent: Agent, session: Session, instance: Instance, hasJob: boolean): Promise<void> {
    const { search, over, job, emit } = this.#context;
    const index = this.#index;
    const send = agent.send.bind(agent);
    // The search may have ended while the agent was being started: then nobody would tell it to stop.
    if (over.aborted) return send({ order: 'stop' });
    const seconds = this.#absence.end();
    if (hasJob) {
      this.#begun ||= takeUnnotedJob(search, index);
      // What it held was given to others: it stops, and is started again with what is left.
      if (!search.pool.isAway(index)) return send({ order: 'stop' });
      search.rejoin(index, send);
      return emit('instance.reconnected', { instance: index, seconds });
    }
    if (this.#begun) await this.#afterEnd(session);
    await search.pool.get(index).received.renew();
    if (over.aborted) return send({ order: 'stop' });
    const residues = search.begin(index, send);
    agent.sendLine(jobLine({ ...job(), worker: index, residues, threads: instance.threads }));
    this.#begun = true;
  }

  /** Its last agent has ended unseen: the hits that it noted are read, and what it held goes to others. */
  async #afterEnd(session: Session): Promise<void> {
    const { run, search } = this.#context;
    const failure = this.#failure ?? new CndError('agent-died', 'its agent ended');
    const name = { run, worker: this.#index };
    for (const hit of await spooledHits(session, name, this.#stop)) search.claim(this.#index, hit);
    if (!search.pool.isAway(this.#index)) return;
    if (!this.#mayRetry(0)) {
      this.#begun = false;
      throw new CndError('agent-ended', `its agent ended again and again, the last time: ${failure.message}`);
    }
    search.lose(this.#index, failure, true);
  }
}

function terminated({ state, reason }: Instance): CndError {
  return new CndError('instance-terminated', `the instance is ${state}${reason ? `: ${reason}` : ''}`);
}

function asCndError(error: unknown): CndError {
  if (error instanceof CndError) return error;
  return new CndError('worker-failed', messageOf(error), {
    cause: error,
  });
}
