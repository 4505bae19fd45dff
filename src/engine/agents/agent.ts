import { CndError } from '../../error.ts';
import type { Channel, Session } from '../../session/session.ts';
import { lines } from '../../session/lines.ts';
import { type AgentMessage, parseAgentMessage } from './agent-message.ts';
import { type Order, orderLine } from './agent-order.ts';
import type { Clock } from '../../clock.ts';
import { killAgent, readSpooledHits } from './remote-command.ts';

/** Seconds between two pings; an agent stops when it hears nothing for 15 s. */
const pingInterval = 4;

/** Seconds of silence after which an agent, which says something every second, counts as hung. */
const patience = 15;

/** The longest line of an agent that is read, in bytes. */
const longestLine = 1 << 20;

/** Which agent: of which run, and of which of its workers. */
export interface AgentName {
  readonly run: string;
  readonly worker: number;
}

/** A conversation with one agent, from its start on an instance until it ends. */
export class Agent {
  readonly #session: Session;
  readonly #channel: Channel;
  readonly #name: AgentName;
  readonly #clock: Clock;
  #stderr = '';

  private constructor(session: Session, channel: Channel, name: AgentName, clock: Clock) {
    this.#session = session;
    this.#channel = channel;
    this.#name = name;
    this.#clock = clock;
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2000);
    });
  }

  /** Starts the agent that was uploaded, by this command; it does nothing until it is sent a job line. */
  static async start(
    session: Session,
    command: string,
    name: AgentName,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<Agent> {
    return new Agent(session, await session.stream(command, { signal }), name, clock);
  }

  /** Sends a line as it is; one to a dead agent falls on the floor, its channel says that it is dead. */
  sendLine(line: string): void {
    this.#channel.stdin.write(line);
  }

  send(order: Order): void {
    this.sendLine(orderLine(order));
  }

  /**
   * Gives `receive` every message until the agent has ended, and pings it meanwhile. Resolves when the agent said
   * `stopped`, with its reason.
   * @throws CndError `agent-silent`, `agent-died`, `agent-no-python`, or `session-lost`.
   */
  async converse(receive: (message: AgentMessage) => void): Promise<string> {
    let heard = this.#clock.monotonic();
    let silent = false;
    let reason: string | undefined;
    const stopPinging = this.#clock.every(pingInterval * 1000, () => {
      this.send({ order: 'ping' });
      if (this.#clock.monotonic() - heard < patience * 1000) return;
      silent = true;
      this.#channel.close();
    });
    try {
      for await (const line of lines(this.#channel.stdout, { maxLength: longestLine })) {
        heard = this.#clock.monotonic();
        const message = parseAgentMessage(line);
        if (!message) continue;
        receive(message);
        if (message.event === 'stopped') reason = message.reason;
      }
      const exit = await this.#channel.exit;
      if (reason !== undefined) return reason;
      if (silent) throw await this.#hung();
      throw exit === 'lost' ? await this.#lost() : this.#died(exit.code, exit.signal);
    } finally {
      stopPinging();
    }
  }

  async #hung(): Promise<CndError> {
    const { run, worker } = this.#name;
    await this.#session.exec(killAgent(run, worker), { timeout: 3000 }).catch(() => {});
    return new CndError('agent-silent', `the agent has said nothing for ${patience} s`);
  }

  /** The connection's own word for why it was lost; a channel can also be closed on a connection that lives. */
  async #lost(): Promise<CndError> {
    const silence = new Promise<undefined>((resolve) => {
      setTimeout(resolve, 1000, undefined).unref();
    });
    const reason = await Promise.race([this.#session.closed, silence]);
    return reason ?? new CndError('session-lost', 'the connection was lost');
  }

  #died(code: number | null, signal: string | null): CndError {
    const words = this.#stderr.trim().split('\n').at(-1) ?? '';
    if (code === 127) {
      const hint = 'install Python 3.8 or later on the image';
      return new CndError('agent-no-python', `python3 cannot be run there: ${words}`, { hint });
    }
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    return new CndError('agent-died', `the agent ended ${how}${words ? `: ${words}` : ''}`);
  }
}

/** The hits that earlier agents of this run noted on this instance and a lost connection may have swallowed. */
export async function spooledHits(
  session: Session,
  { run, worker }: AgentName,
  signal: AbortSignal,
): Promise<Extract<AgentMessage, { event: 'hit' }>[]> {
  const { stdout } = await session.exec(readSpooledHits(run, worker), { signal, timeout: 10_000 });
  return stdout
    .toString()
    .split('\n')
    .map(parseAgentMessage)
    .filter((message) => message?.event === 'hit');
}
