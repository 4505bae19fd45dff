import { CndError } from '../../error.ts';
import { Waiters, within } from '../../wait.ts';
import { bounded } from '../bounded.ts';
import { exec, save } from '../exec.ts';
import { framedCommand, makeFrame } from '../frame.ts';
import { lost, lostWhile } from '../lost.ts';
import { oneLine } from '../one-line.ts';
import type { Bounds, Channel, ExecOptions, ExecResult, Saved, Session } from '../session.ts';
import { PodChannel } from './channel.ts';
import { Control } from './control.ts';
import { ExecSocket, type ExecTarget, podAddress } from './exec-socket.ts';

/** Milliseconds for a command to start. */
const startTimeout = 30_000;

/** Milliseconds for goodbyes. */
const closeTimeout = 500;

/**
 * The way to a container by `exec`. Each command has a WebSocket of its own, and one more holds the session: it shows whether
 * the way there is lost, and takes signals there. Ends by `close`, or by itself when the other side falls silent.
 */
export class PodSession implements Session {
  readonly address: string;
  readonly closed: Promise<CndError | undefined>;
  readonly #target: ExecTarget;
  readonly #control: Control;
  readonly #channels = new Set<PodChannel>();
  /** Commands that are being started. */
  readonly #starting: Waiters<CndError | undefined>;
  #end: (reason: CndError | undefined) => void = () => {};
  #isOver = false;

  private constructor(target: ExecTarget, control: Control) {
    this.#target = target;
    this.#control = control;
    this.address = podAddress(target);
    this.closed = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#isOver = true;
        resolve(reason);
      };
    });
    this.#starting = new Waiters(this.closed);
    void control.ended.then((cause) => {
      this.#end(lost(this.address, cause));
      control.destroy();
      for (const channel of this.#channels) channel.lose();
    });
  }

  /** @throws CndError `exec-forbidden`, `pod-gone`, or `session-channel` when the container does not run commands (yet). */
  static async open(target: ExecTarget): Promise<PodSession> {
    return new PodSession(target, await Control.open(target));
  }

  exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this, command, options);
  }

  save(command: string, path: string, options: ExecOptions = {}): Promise<Saved> {
    return save(this, command, path, options);
  }

  /** @throws CndError `session-lost`, `session-channel`, `session-shell`, `session-aborted`, `session-timeout`. */
  stream(command: string, bounds: Bounds = {}): Promise<Channel> {
    const what = `starting a command on ${this.address}`;
    const timeout = Math.min(startTimeout, bounds.timeout ?? startTimeout);
    const late = () => new CndError('session-timeout', `${what} took too long`, { about: this.address });
    return bounded({ ...bounds, timeout }, what, late, (resolve, reject) => {
      const channel = new PodChannel(makeFrame(), this.#control);
      const forget = this.#starting.add((reason) => reject(lostWhile(this.address, what, reason?.cause)));
      // That the way there was lost says `closed`, if it is about to.
      const fail = (error: CndError): void => void setImmediate(() => reject(error));
      const started = (): void => {
        forget();
        resolve(channel);
      };
      if (!this.#isOver) this.#start(command, channel).then(started, fail);
      return () => {
        forget();
        channel.kill('KILL');
        channel.close();
      };
    });
  }

  async close(): Promise<void> {
    this.#end(undefined);
    for (const channel of this.#channels) channel.close();
    this.#control.close();
    await within(closeTimeout, Promise.all([...this.#channels].map(({ closed }) => closed)));
    for (const channel of this.#channels) channel.lose();
    this.#control.destroy();
  }

  async #start(command: string, channel: PodChannel): Promise<void> {
    // Its group, that signals go to, is told before the frame.
    const line = `echo $$; ${framedCommand(command, channel.frame)}`;
    this.#channels.add(channel);
    void channel.closed.then(() => this.#channels.delete(channel));
    try {
      channel.attach(await ExecSocket.open(this.#target, ['/bin/sh', '-c', line], channel.events));
    } catch (error) {
      this.#channels.delete(channel);
      throw error;
    }
    const instead = await channel.started;
    if (instead === undefined) return;
    const about = this.address;
    if (instead === 'lost') throw lostWhile(about, 'starting a command');
    throw new CndError('session-shell', `${about} does not run commands: ${oneLine(instead)}`, {
      about,
      hint: /exit code 137\b/.test(instead)
        ? 'its processes are killed, as of a pod that is out of memory: raise kubernetes.memory'
        : 'the image needs /bin/sh',
    });
  }
}
