import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { endOfInput } from '../line-question.ts';
import { isForeground } from './foreground.ts';

/** The terminal that is read, in the display's process. */
const descriptor = 4;

/** Milliseconds between two looks whether this is the foreground process group: `fg` of a running job sends no signal. */
const lookInterval = 1000;

/**
 * Says how the terminal is set, sets it for single keys (Ctrl-C, Ctrl-Z and Ctrl-\ stay signals), and passes on what is
 * typed. Signals are ignored so that a read from the background fails instead of stopping the whole process group; what
 * Node spawns could not be told so.
 */
const reader = (cbreak: boolean): string =>
  `trap '' INT QUIT TTIN TTOU${cbreak ? ' TSTP; stty -g && stty -icanon -echo min 1 time 0' : '; echo'} && exec cat`;

/** The shell command that sets a terminal back, also from the background. */
const restore = (saved: string): string => `trap '' INT QUIT TSTP TTOU; exec stty ${saved}`;

/** What `stty -g` says: safe to be part of a command. */
const savedPattern = /^[\w:=.-]+$/;

/**
 * Sets the terminal on a descriptor as `stty -g` said that it was; never from the background, where it is somebody
 * else's. Takes some milliseconds.
 */
export function restoreTerminal(saved: string, terminal: number): void {
  if (!savedPattern.test(saved) || !isForeground()) return;
  spawnSync('sh', ['-c', restore(saved)], { stdio: [terminal, 'ignore', 'ignore'], timeout: 500 });
}

/** What the keyboard tells. */
export interface KeyListener {
  key(key: string): void;
  /** How the terminal was set before, and the process that reads it now. */
  reading(saved: string, pid: number): void;
}

/** Keys of the terminal, one at a time (`cbreak`) or in lines, as long as this is the foreground process group. */
export class Keyboard {
  readonly #cbreak: boolean;
  readonly #listener: KeyListener;
  #reader: ChildProcess | undefined;
  #saved: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(cbreak: boolean, listener: KeyListener) {
    this.#cbreak = cbreak;
    this.#listener = listener;
  }

  /** Begins, or goes on, to read. */
  open(): void {
    this.#look();
    this.#timer ??= setInterval(() => this.#look(), lookInterval).unref();
  }

  /** Ends reading and sets the terminal as it was. */
  close(): void {
    this.abandon();
    if (this.#saved !== undefined) restoreTerminal(this.#saved, descriptor);
  }

  /**
   * Ends reading and leaves the terminal as it is: where this process is blocked in a write to it, it cannot be set, and
   * whoever tries waits too. The controller sets it back once this process is gone.
   */
  abandon(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const reading = this.#reader;
    this.#reader = undefined;
    reading?.kill('SIGKILL');
  }

  #look(): void {
    if (this.#reader || !isForeground()) return;
    const child = spawn('sh', ['-c', reader(this.#cbreak)], { stdio: [descriptor, 'pipe', 'ignore'] });
    this.#reader = child;
    let head: string | undefined = '';
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (chunk: string) => {
      if (this.#reader !== child) return;
      let keys = chunk;
      if (head !== undefined) {
        head += chunk;
        const end = head.indexOf('\n');
        if (end < 0) return;
        if (this.#cbreak) this.#keep(head.slice(0, end), child.pid ?? 0);
        keys = head.slice(end + 1);
        head = undefined;
      }
      for (const key of keys) this.#listener.key(key);
    });
    child.on('error', () => {});
    // Where its read failed this is the background now: it is tried again when it is not. Otherwise somebody ended the input.
    child.on('close', (code) => {
      if (this.#reader !== child) return;
      this.#reader = undefined;
      if (code === 0) this.#listener.key(endOfInput);
    });
  }

  /** How it was at first: later it may be said by a reader that found it set for keys. */
  #keep(saved: string, pid: number): void {
    this.#saved ??= saved;
    this.#listener.reading(this.#saved, pid);
  }
}
