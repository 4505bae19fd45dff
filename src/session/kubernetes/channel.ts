import { Writable } from 'node:stream';
import { within } from '../../wait.ts';
import { type Frame, Unframed, exitOf } from '../frame.ts';
import type { Channel, Exit, RemoteSignal } from '../session.ts';
import type { Control } from './control.ts';
import type { ExecSocket, ExecSocketEvents, ExecStatus } from './exec-socket.ts';

/** Milliseconds in which the last output comes after a command has told its end. */
const outputTimeout = 1000;

/** Milliseconds in which what is left of a command that told no end must be seen to be gone. */
const goneTimeout = 5_000;

/** One command in a container. Its end is what its own shell says of it, or what `Control` has seen. */
export class PodChannel implements Channel {
  readonly frame: Frame;
  readonly stdin: Writable;
  readonly stdout: Unframed;
  readonly stderr: Unframed;
  readonly exit: Promise<Exit | 'lost'>;
  /** Resolves once nothing more comes. */
  readonly closed: Promise<void>;
  /** Resolves once the command runs: with undefined, or with what was said in place of that. */
  readonly started: Promise<string | undefined>;
  readonly events: ExecSocketEvents;
  readonly #control: Control;
  #socket: ExecSocket | undefined;
  /** The process group, once it is known. */
  #group: number | undefined;
  #status: ExecStatus | undefined;
  #isOver = false;
  #isAbandoned = false;
  #isFinished = false;
  #exited: (exit: Exit | 'lost') => void = () => {};
  #closed: () => void = () => {};
  #started: (instead?: string) => void = () => {};

  constructor(frame: Frame, control: Control) {
    this.frame = frame;
    this.#control = control;
    this.started = new Promise((resolve) => (this.#started = resolve));
    this.exit = new Promise((resolve) => (this.#exited = resolve));
    this.closed = new Promise((resolve) => (this.#closed = resolve));
    this.stdout = new Unframed(frame, { begun: () => this.#begin(), ended: (exit) => this.#end(exit) });
    this.stderr = new Unframed({ ...frame, end: frame.begin });
    this.stdin = new Writable({
      write: (chunk: Buffer, _encoding, done) => this.#socket?.send(chunk, () => done()),
      final: (done) => {
        this.#socket?.end();
        done();
      },
    });
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', () => {});
    this.events = {
      stdout: (chunk) => this.#pass('stdout', this.stdout, chunk),
      stderr: (chunk) => this.#pass('stderr', this.stderr, chunk),
      status: (status) => (this.#status = status),
      closed: () => void this.#finish(),
    };
    // Whoever no longer reads lets the command go.
    this.stdout.on('close', () => {
      if (!this.stdout.readableEnded) this.close();
    });
  }

  /** Hands over the socket that the command was started on. */
  attach(socket: ExecSocket): void {
    this.#socket = socket;
    if (this.#isAbandoned) socket.close();
  }

  kill(signal: RemoteSignal): void {
    const group = this.#group;
    if (group === undefined || this.#isOver) return;
    this.#control.kill(signal, group);
    // The frame's own shell is of the group: it may have had no time for a word.
    void this.#control.gone(group).then(() => this.#end({ code: null, signal: `SIG${signal}` }));
  }

  close(): void {
    this.#isAbandoned = true;
    this.#socket?.close();
  }

  /** The way there is lost. */
  lose(): void {
    this.#end('lost');
    this.#socket?.destroy();
    void this.#finish();
  }

  #begin(): void {
    const group = Number(this.stdout.before.trim());
    if (Number.isInteger(group) && group > 0) this.#group = group;
    // One that was abandoned before its group was known is killed now.
    if (this.#isAbandoned) this.kill('KILL');
    this.#started();
  }

  #end(exit: Exit | 'lost'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stdin.destroy();
    this.#exited(exit);
    const socket = this.#socket;
    // What the command has left running may hold its outputs open.
    const timer = setTimeout(() => {
      socket?.close();
      void this.#finish();
    }, outputTimeout);
    timer.unref();
    void this.closed.then(() => clearTimeout(timer));
  }

  /** Nothing more comes. Its end, if it was not told, is one that was seen, or unknown. */
  async #finish(): Promise<void> {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#closed();
    this.stderr.end();
    // Its word for its end may still have to be read.
    await new Promise<void>((resolve) => this.stdout.on('close', resolve).end(resolve));
    const code = this.#status?.code;
    if (!this.#isOver && !this.#isAbandoned && this.#group !== undefined && code) {
      const seen = this.#control.gone(this.#group).then(() => true);
      const ended = this.#control.ended.then(() => false);
      if (await within(goneTimeout, Promise.race([seen, ended]))) this.#end(exitOf(code));
    }
    this.#started(this.#instead());
    this.#end('lost');
  }

  /** What was said in place of running the command; nologin has no say in containers, the runtime has. */
  #instead(): string {
    const words = [this.#status?.message ?? '', this.stderr.before, this.stdout.before].join('\n').trim();
    return words === '' || this.#isAbandoned ? 'lost' : words;
  }

  #pass(name: string, to: Unframed, chunk: Buffer): void {
    if (to.destroyed || to.writableEnded || to.write(chunk)) return;
    this.#socket?.setFull(name, true);
    const on = (): void => {
      to.off('drain', on);
      to.off('close', on);
      this.#socket?.setFull(name, false);
    };
    to.on('drain', on);
    to.on('close', on);
  }
}
