import { CndError } from '../../error.ts';
import { bounded } from '../../session/bounded.ts';
import type { Bounds, Channel, Exit, Session } from '../../session/session.ts';
import { duration } from '../../quantity.ts';
import { lines } from '../../session/lines.ts';
import { type AgentMessage, parseAgentMessage } from './agent-message.ts';
import { type Attach, type AgentOrder, attachLine, orderLine } from './agent-order.ts';
import type { Clock } from '../../clock.ts';
import { type Counted, MessageBudget } from './message-budget.ts';
import type { Received } from './resume/received.ts';
import { killAgent, readSpooledHits } from './remote-command.ts';

/** Seconds between two pings; an agent stops when it hears nothing for 15 s. */
const pingInterval = 4;

/** Seconds of silence after which an agent, which says something every second, counts as hung. */
const timeout = 15;

/** The longest line of an agent that is read, in bytes. */
const longestLine = 1 << 20;

/** The most that is read of the hits that agents noted, in bytes: some thousands of them. */
const longestSpool = 1 << 20;

/** Which agent: of which run, and of which of its workers. */
export interface AgentName {
  readonly run: string;
  readonly worker: number;
}

/** Who talks to an agent, and what it has heard already. */
export interface Speaker extends Omit<Attach, 'seen'> {
  readonly received: Received;
  readonly clock: Clock;
}

/** A conversation with one agent over one channel. The agent may live on when it ends. */
export class Agent {
  readonly #session: Session;
  readonly #channel: Channel;
  readonly #name: AgentName;
  readonly #clock: Clock;
  readonly #budget: MessageBudget;
  readonly #speaker: Speaker;
  readonly #received: Received;
  readonly #lines: AsyncGenerator<string, void, undefined>;
  /** Whether it has answered the attach. */
  #attached = false;
  /** What it said too much of. */
  #flood: string | undefined;
  #stderr = '';

  private constructor(session: Session, channel: Channel, name: AgentName, speaker: Speaker) {
    this.#speaker = speaker;
    this.#received = speaker.received;
    this.#session = session;
    this.#channel = channel;
    this.#name = name;
    this.#clock = speaker.clock;
    this.#budget = new MessageBudget(() => this.#clock.monotonic());
    const onOverlong = (length: number): void => {
      this.#flood ??= `a line of ${length} bytes`;
    };
    const readsOn = (length: number): boolean => {
      this.#count('byte', length);
      return this.#flood === undefined;
    };
    this.#lines = lines(channel.stdout, { maxLength: longestLine, onOverlong, readsOn });
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#count('byte', chunk.length);
      // Not read any further, it has no room to say more.
      if (this.#flood !== undefined) return channel.close();
      this.#stderr = (this.#stderr + chunk.subarray(-2000).toString()).slice(-2000);
    });
  }

  /** Runs the command that leads to an agent. Nothing is said to it yet. @throws CndError as `Session.stream` does. */
  static async open(
    session: Session,
    command: string,
    name: AgentName,
    speaker: Speaker,
    bounds: Bounds,
  ): Promise<Agent> {
    return new Agent(session, await session.stream(command, bounds), name, speaker);
  }

  /**
   * Attaches to the agent by this command, which starts it when none lives there. It says what has not arrived yet, then
   * `attached`; without a job it does nothing until it is sent one.
   */
  static async attach(
    ...[session, command, name, speaker, bounds]: Parameters<typeof Agent.open>
  ): Promise<Agent> {
    const agent = await Agent.open(session, command, name, speaker, bounds);
    agent.greet();
    return agent;
  }

  /**
   * The first line of that kind, of what the command says before the conversation; undefined when it has ended instead.
   * @param what Named in the error, e.g. `arming its guard`.
   * @throws CndError `session-timeout`, `session-aborted`, `agent-flood`.
   */
  said(pattern: RegExp, what: string, bounds: Bounds): Promise<RegExpExecArray | undefined> {
    const about = this.#session.address;
    const late = (seconds: number): CndError =>
      new CndError('session-timeout', `${what} on ${about} took longer than ${duration(seconds)}`, { about });
    return bounded(bounds, `${what} on ${about}`, late, (resolve, reject) => {
      void this.#find(pattern).then(resolve, reject);
      return () => {};
    });
  }

  async #find(pattern: RegExp): Promise<RegExpExecArray | undefined> {
    for (;;) {
      const { value } = await this.#lines.next();
      if (this.#flood !== undefined) throw await this.#flooded();
      if (typeof value !== 'string') return undefined;
      const match = pattern.exec(value);
      if (match) return match;
    }
  }

  /** Ends the command: what is in the middle of being put there is of no use. A guard, which it began, heeds no such signal. */
  abandon(): void {
    this.#channel.kill('TERM');
    this.#channel.close();
  }

  /** How the command has ended, and the last line of its stderr. @throws CndError `session-lost` */
  async end(): Promise<{ readonly exit: Exit; readonly words: string }> {
    const exit = await this.#channel.exit;
    if (exit === 'lost') throw await this.#lost();
    return { exit, words: this.#words() };
  }

  /** Says who speaks, after what is to come before it. */
  greet(...before: readonly (string | Buffer)[]): void {
    const { key, epoch, received } = this.#speaker;
    // One after the other: a copy of what a thousand instances are sent alike would be held for each until it is sent.
    for (const part of before) this.#channel.stdin.write(part);
    this.#channel.stdin.write(attachLine({ key, epoch, seen: received.confirmed }));
  }

  /** Sends a line as it is; one to a dead agent falls on the floor, its channel says that it is dead. */
  sendLine(line: string): void {
    this.#channel.stdin.write(line);
  }

  send(order: AgentOrder): void {
    this.sendLine(orderLine(order));
  }

  /**
   * Gives `receive` every message once, one after the other, until the channel has ended, and pings meanwhile. Resolves
   * when the agent said `stopped`, with its reason. One that says more than an agent can have to say is killed, and one
   * that does not even answer the attach.
   * @throws CndError `agent-silent`, `agent-hung`, `agent-died`, `agent-flood`, `agent-no-python`, `agent-refused`, or
   *   `session-lost`: after some of them the agent may live.
   */
  async converse(receive: (message: AgentMessage) => void | Promise<void>): Promise<string> {
    let heard = this.#clock.monotonic();
    let silent = false;
    let reason: string | undefined;
    const stopPinging = this.#clock.every(pingInterval * 1000, () => {
      this.#ping();
      if (this.#clock.monotonic() - heard < timeout * 1000) return;
      silent = true;
      this.#channel.close();
    });
    try {
      for await (const line of this.#lines) {
        heard = this.#clock.monotonic();
        const message = this.#accept(line);
        if (this.#flood !== undefined) break;
        if (!message) continue;
        if (message.event === 'refused') throw refused(message.reason);
        if (message.event === 'attached') this.#attached = true;
        await receive(message);
        if (message.event !== 'stopped') continue;
        reason = message.reason;
        // It waits for somebody to take note of that.
        this.#received.whenDone(() => this.#ping());
      }
      if (this.#flood !== undefined) throw await this.#flooded();
      const exit = await this.#channel.exit;
      if (reason !== undefined) return reason;
      if (silent) throw await this.#hung();
      throw exit === 'lost' ? await this.#lost() : this.#died(exit.code, exit.signal);
    } finally {
      stopPinging();
      this.#channel.close();
    }
  }

  #ping(): void {
    this.send({ order: 'ping', seen: this.#received.confirmed });
  }

  /** The message in a line, if it is one and within the budget. What is none counts as well. */
  #accept(line: string): AgentMessage | undefined {
    this.#count('message', 1);
    if (this.#flood !== undefined) return undefined;
    const message = parseAgentMessage(line);
    if (message?.event === 'error' || message?.event === 'ready') this.#count(message.event, 1);
    if (message?.seq === undefined) return message;
    const { seq, ...rest } = message;
    if (seq <= this.#received.seen) return undefined;
    this.#received.seen = seq;
    return rest;
  }

  #count(what: Counted, amount: number): void {
    if (!this.#budget.take(what, amount)) this.#flood ??= MessageBudget.words(what);
  }

  async #flooded(): Promise<CndError> {
    this.#channel.close();
    await this.#kill();
    return new CndError('agent-flood', `its agent sent ${this.#flood} and was killed`);
  }

  async #kill(): Promise<void> {
    const { run, worker } = this.#name;
    await this.#session.exec(killAgent(run, worker), { timeout: 3000 }).catch(() => {});
  }

  /** Its connection may be half open, or this process was suspended: only one that is attached to in vain hangs. */
  async #hung(): Promise<CndError> {
    const message = `no message from the agent for ${timeout} s`;
    if (this.#attached) return new CndError('agent-silent', message);
    await this.#kill();
    return new CndError('agent-hung', message);
  }

  /** The connection's own word for why it was lost; a channel can also be closed on a connection that lives. */
  async #lost(): Promise<CndError> {
    const silence = new Promise<undefined>((resolve) => {
      setTimeout(resolve, 1000, undefined).unref();
    });
    const reason = await Promise.race([this.#session.closed, silence]);
    return reason ?? new CndError('session-lost', 'the connection was lost');
  }

  /** The last line of stderr. */
  #words(): string {
    return this.#stderr.trim().split('\n').at(-1) ?? '';
  }

  #died(code: number | null, signal: string | null): CndError {
    const words = this.#words();
    if (code === 127) return noPython(words);
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    return new CndError('agent-died', `the agent ended ${how}${words ? `: ${words}` : ''}`);
  }
}

/** The error for an instance on which no Python runs that is recent enough. */
export function noPython(words: string): CndError {
  const hint = 'install Python 3.8 or later on the image';
  return new CndError('agent-no-python', `python3 cannot be run on the instance: ${words}`, { hint });
}

function refused(reason: string): CndError {
  return new CndError('agent-refused', `its agent refuses this controller: ${reason}`, {
    hint: 'another cnd has taken this run up',
  });
}

/** The hits that earlier agents of this run noted on this instance and a lost connection may have swallowed. */
export async function spooledHits(
  session: Session,
  { run, worker }: AgentName,
  signal: AbortSignal,
): Promise<Extract<AgentMessage, { event: 'hit' }>[]> {
  const { stdout } = await session.exec(readSpooledHits(run, worker), {
    signal,
    timeout: 10_000,
    maxOutput: longestSpool,
  });
  return stdout
    .toString()
    .split('\n')
    .map(parseAgentMessage)
    .filter((message) => message?.event === 'hit');
}
