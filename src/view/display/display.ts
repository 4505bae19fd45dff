import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Emit, EventFields, RunEvent } from '../../event/event.ts';
import type { View } from '../../event/view.ts';
import { programPath } from '../../package.ts';
import { onceAborted, within } from '../../wait.ts';
import { eventJson } from '../json.ts';
import { summary } from '../summary.ts';
import { DropReport } from './drop-report.ts';
import { restoreTerminal } from './keyboard.ts';
import { writeStderr } from './stderr-writer.ts';
import { onMessages } from './line.ts';
import type { DisplaySettings, FromDisplay, ToDisplay } from './message.ts';
import { ProgressQueue } from './progress-queue.ts';
import { isDroppable } from './view.ts';

/** The built child, found the same from src/ and from dist/. */
const script = programPath('display');

/** Milliseconds at the exit: for all that is still to be written, and then for the result elsewhere. */
const timeout = { all: 2000, result: 500 };

/** Milliseconds for which Ctrl-Z waits until the terminal is as it was. */
const suspendTimeout = 300;

/** Characters for the child that it has not taken, from which on progress is dropped. */
const fullQueue = 1_048_576;

/** Times that the child is started again. */
const restarts = 3;

/** What the controller wants to know of the display. */
export interface DisplayHandlers {
  /** Somebody asked for the end at the keyboard. */
  readonly onQuit: () => void;
  /** The reader of stdout is gone, or stdout cannot be written; `code` of the error. Called once. */
  readonly onStdoutClosed: (code: string) => void;
}

/**
 * What a run says, written by a process of its own (child.ts) that may block on a terminal or a pipe for as long as that
 * likes. This side never waits for it: it hands over events, keeps those that count until they are written, gives the
 * child some time at the end, kills it, and sets the terminal back.
 */
export class Display implements View {
  readonly #settings: DisplaySettings;
  readonly #handlers: DisplayHandlers;
  readonly #drops = new DropReport();
  readonly #progress: ProgressQueue;
  /** Events that the child has not written yet, by number; not progress. */
  readonly #kept = new Map<number, RunEvent>();
  #child: ChildProcess | undefined;
  #mode: DisplaySettings['mode'];
  #number = 0;
  #started = 0;
  #ready = false;
  #terminal: { readonly saved: string; readonly reader: number } | undefined;
  #result: string | undefined;
  #hasNonce = false;
  #puzzle: EventFields['run.planned']['puzzle'] | undefined;
  #stdoutClosed: string | undefined;
  #delivered = false;
  #closing: Promise<void> | undefined;
  #finished: (() => void) | undefined;
  #question: { readonly text: string; readonly answer: (yes: boolean | undefined) => void } | undefined;
  #suspended: (() => void) | undefined;

  constructor(settings: DisplaySettings, handlers: DisplayHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#mode = settings.mode;
    this.#progress = new ProgressQueue(settings.mode, (events) => {
      if (this.#mode === 'json') this.#write(events.map(eventJson).join(''));
      else this.#send({ kind: 'progress', events });
    });
    this.#start();
    if (settings.mode === 'live') process.on('SIGTSTP', this.#onStop);
    // Node would write its warnings to the terminal by itself, and wait for it.
    process.removeAllListeners('warning');
    process.on('warning', this.#onWarning);
  }

  /** Whether stdout did not take what belongs there. */
  get hasFailed(): boolean {
    return (
      (this.#stdoutClosed !== undefined && this.#mode === 'json') ||
      (this.#result !== undefined && !this.#delivered)
    );
  }

  attach(emit: Emit): void {
    this.#drops.attach(emit);
  }

  show(event: RunEvent): void {
    if (isDroppable(event)) {
      if ((this.#child?.stdin?.writableLength ?? 0) > fullQueue) this.#drops.add(0, 1);
      else this.#progress.add(event);
      return;
    }
    this.#progress.before(event);
    if (event.event === 'terminate.started') this.#drops.report();
    if (event.event === 'run.planned') this.#puzzle = event.puzzle;
    if (event.event === 'run.ended') {
      this.#hasNonce = event.nonce !== undefined;
      this.#result = this.#mode === 'json' ? eventJson(event) : summary(event, this.#puzzle);
    }
    this.#number += 1;
    this.#kept.set(this.#number, event);
    this.#send({ kind: 'event', number: this.#number, event });
  }

  /** Says something on stderr that is no event: it is in no journal, and not in what `--json` gives to programs. */
  line(text: string): void {
    this.#send({ kind: 'line', text });
  }

  /** Asks the user; undefined when the signal aborts, or nobody can be asked any more. */
  async ask(question: string, signal: AbortSignal): Promise<boolean | undefined> {
    if (signal.aborted || !this.#child) return undefined;
    const answer = new Promise<boolean | undefined>((resolve) => {
      this.#question = { text: question, answer: resolve };
    });
    const off = onceAborted(signal, () => this.#question?.answer(undefined));
    this.#send({ kind: 'ask', text: question });
    const yes = await answer;
    off();
    this.#question = undefined;
    this.#send({ kind: 'ask' });
    return yes;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#progress.flush();
    const finished = new Promise<true>((resolve) => (this.#finished = () => resolve(true)));
    this.#send({ kind: 'end' });
    if (!this.#child) this.#finished?.();
    const inTime = await within(timeout.all, finished);
    process.off('SIGTSTP', this.#onStop);
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode === null && child.signalCode === null) {
      const gone = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
      if (!inTime || !(await within(200, gone))) child.kill('SIGKILL');
    }
    this.#restore();
    // A reader of events that left wanted no more of them; a nonce it gets all the same.
    const isUnwanted = this.#mode === 'json' && this.#stdoutClosed === 'EPIPE' && !this.#hasNonce;
    if (this.#result !== undefined && !this.#delivered && !isUnwanted)
      await this.#writeToStderr(this.#result);
  }

  /** Nobody has taken the result at stdout. */
  async #writeToStderr(result: string): Promise<void> {
    const why = this.#stdoutClosed;
    // A reader that left is not worth a word.
    const words =
      why === 'EPIPE'
        ? ''
        : `cnd: stdout ${why === undefined ? 'is not read' : `cannot be written (${why})`}; the result:\n`;
    await writeStderr(`${words}${result}`, timeout.result);
  }

  #start(): void {
    this.#started += 1;
    this.#ready = false;
    const { keyboard } = this.#settings;
    const plan = this.#started > 1 ? {} : { plan: this.#settings.plan };
    const settings = { ...this.#settings, ...plan, mode: this.#mode };
    const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(settings)], {
      stdio: ['pipe', 1, 2, 'pipe', keyboard ? 0 : 'ignore'],
    });
    this.#child = child;
    child.on('error', () => this.#gone(child, 'could not be started'));
    // Not 'exit', which may come before its last messages: that the result is written is one of them.
    child.on('close', (code, signal) => this.#gone(child, signal ?? `exit code ${code}`));
    child.stdin?.on('error', () => {});
    const [, , , control] = child.stdio;
    if (control instanceof Readable) {
      control.on('error', () => {});
      onMessages(control, (message) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the child is of the same version
        this.#take(message as FromDisplay);
      });
    }
    // The run is what keeps cnd alive.
    child.unref();
    for (const stream of [child.stdin, control]) if (stream instanceof Socket) stream.unref();
  }

  #send(message: ToDisplay): void {
    this.#write(`${JSON.stringify(message)}\n`);
  }

  #write(lines: string): void {
    const { stdin } = this.#child ?? {};
    if (!stdin?.writable) return;
    // All that happens in one turn wakes the child once.
    if (stdin.writableCorked === 0) {
      stdin.cork();
      setImmediate(() => stdin.uncork());
    }
    stdin.write(lines);
  }

  #take(message: FromDisplay): void {
    switch (message.kind) {
      case 'ready':
        this.#ready = true;
        return;
      case 'written':
        for (const number of this.#kept.keys()) {
          if (number > message.number) break;
          this.#kept.delete(number);
        }
        return;
      case 'dropped':
        return this.#drops.add(message.frames, message.progress);
      case 'closed':
        if (message.stream !== 'stdout' || this.#stdoutClosed !== undefined) return;
        this.#stdoutClosed = message.code;
        return this.#handlers.onStdoutClosed(message.code);
      case 'terminal':
        this.#terminal = message;
        return;
      case 'quit':
        return this.#handlers.onQuit();
      case 'answer':
        return this.#question?.answer(message.yes);
      case 'suspended':
        return this.#suspended?.();
      case 'result':
        this.#delivered = true;
        return;
      case 'done':
        return this.#finished?.();
    }
  }

  /** The child has ended by itself: another one goes on, with plain lines unless it was too young for that to mean anything. */
  #gone(child: ChildProcess, how: string): void {
    if (this.#child !== child || this.#closing !== undefined) return this.#finished?.();
    this.#child = undefined;
    this.#suspended?.();
    this.#restore();
    const isYoung = !this.#ready && how.startsWith('SIG');
    const hasEnded = this.#started > restarts;
    if (hasEnded) return this.#question?.answer(undefined);
    if (!isYoung && this.#mode === 'live') this.#mode = this.#settings.verbose ? 'verbose' : 'plain';
    this.#start();
    if (!isYoung) {
      const text = `cnd: the display process ended unexpectedly (${how})${this.#mode === 'json' ? '' : '; continuing with plain lines'}`;
      this.#send({ kind: 'line', text });
    }
    for (const [number, event] of this.#kept) this.#send({ kind: 'event', number, event });
    if (this.#question) this.#send({ kind: 'ask', text: this.#question.text });
  }

  #restore(): void {
    if (!this.#terminal) return;
    const { saved, reader } = this.#terminal;
    this.#terminal = undefined;
    if (reader > 0 && !this.#delivered) kill(reader);
    restoreTerminal(saved, 0);
  }

  /** Ctrl-Z: the terminal is set back before the shell has it, and what a stop means is left to the system. */
  readonly #onStop = (): void => {
    void this.#stop();
  };

  async #stop(): Promise<void> {
    const suspended = new Promise<void>((resolve) => (this.#suspended = resolve));
    this.#send({ kind: 'suspend' });
    await within(suspendTimeout, suspended);
    this.#suspended = undefined;
    process.off('SIGTSTP', this.#onStop);
    process.kill(process.pid, 'SIGTSTP');
    // From here on it goes on again.
    process.on('SIGTSTP', this.#onStop);
    this.#send({ kind: 'resume' });
  }

  readonly #onWarning = (warning: Error): void => {
    if (this.#settings.verbose) this.#send({ kind: 'line', text: `${warning.name}: ${warning.message}` });
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
