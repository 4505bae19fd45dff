import { CndError } from '../../error.ts';
import type { RemoteSignal } from '../session.ts';
import { ExecSocket, type ExecTarget, podAddress } from './exec-socket.ts';

/** Milliseconds between two signs of life. */
const heartbeat = 5_000;

/** So many in a row without an answer, and the way there is lost. */
const mostMissed = 3;

/**
 * What a shell in the container does for a session, over its stdin: `ping` it answers, and `SIGNAL GROUP` sends a signal to a
 * process group (0 sends none) and says `gone GROUP` once that has no process any more, within 10 s. `exec` knows no signals, and
 * its word for an end cannot be trusted.
 */
const script = [
  'echo ready',
  'while read -r s g',
  'do if [ -z "$g" ]; then echo "$s"; continue; fi',
  '(n=0; [ "$s" = 0 ] || kill -s "$s" -- "-$g"; while kill -s 0 -- "-$g"; do n=$((n+1)); [ $n -gt 500 ] && exit; sleep 0.02 || sleep 1; done; echo "gone $g") 2>/dev/null & done',
].join('; ');

/** The command of a session besides those of its user: it holds the way to the container, and sends signals. */
export class Control {
  /** Resolves once, when it has ended: with what is known of why. */
  readonly ended: Promise<unknown>;
  readonly #target: ExecTarget;
  #socket: ExecSocket | undefined;
  #end: (cause: unknown) => void = () => {};
  #ready: () => void = () => {};
  #isOver = false;
  #text = '';
  #missed = 0;
  /** By process group: who waits for its end. */
  readonly #waiting = new Map<number, Set<() => void>>();

  private constructor(target: ExecTarget) {
    this.#target = target;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    void this.ended.then(() => (this.#isOver = true));
  }

  /** Resolves once the shell has answered. @throws CndError as `ExecSocket.open`, and when it ends without an answer. */
  static async open(target: ExecTarget): Promise<Control> {
    const control = new Control(target);
    await control.#open();
    return control;
  }

  /** Sends a signal to a process group. */
  kill(signal: RemoteSignal, group: number): void {
    this.#say(`${signal} ${group}`);
  }

  /** Resolves once a process group has been seen to be gone. Never, when that is not seen. */
  async gone(group: number): Promise<void> {
    const told = new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(group) ?? new Set();
      this.#waiting.set(group, waiting.add(resolve));
    });
    this.#say(`0 ${group}`);
    return told;
  }

  close(): void {
    this.#end(undefined);
    this.#socket?.close();
  }

  /** Ends the socket without a goodbye: nobody answers. */
  destroy(): void {
    this.#socket?.destroy();
  }

  async #open(): Promise<void> {
    let words = '';
    const ready = new Promise<void>((resolve) => (this.#ready = resolve));
    this.#socket = await ExecSocket.open(this.#target, ['/bin/sh', '-c', script], {
      stdout: (chunk) => this.#read(chunk.toString()),
      stderr: () => {},
      status: ({ message }) => (words = message),
      closed: () => this.#end(words === '' ? undefined : new Error(words)),
    });
    const about = podAddress(this.#target);
    const early = this.ended.then(() => {
      throw new CndError(
        'session-channel',
        `the pod ${about} does not run commands: ${words || 'the connection was closed'}`,
        {
          about,
        },
      );
    });
    early.catch(() => {});
    await Promise.race([ready, early]);
    const timer = setInterval(() => this.#beat(), heartbeat);
    timer.unref();
    void this.ended.then(() => clearInterval(timer));
  }

  #beat(): void {
    if (this.#missed >= mostMissed)
      return this.#end(new Error(`no answer for ${(mostMissed * heartbeat) / 1000} s`));
    this.#missed += 1;
    this.#say('ping');
  }

  #say(line: string): void {
    if (!this.#isOver) this.#socket?.send(Buffer.from(`${line}\n`), () => {});
  }

  #read(text: string): void {
    this.#missed = 0;
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop()?.slice(-100) ?? '';
    for (const line of lines) {
      if (line === 'ready') this.#ready();
      const group = /^gone (\d+)$/.exec(line)?.[1];
      if (group === undefined) continue;
      for (const told of this.#waiting.get(Number(group)) ?? []) told();
      this.#waiting.delete(Number(group));
    }
  }
}
