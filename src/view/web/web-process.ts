import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Emit, RunEvent } from '../../event/event.ts';
import type { View } from '../../event/view.ts';
import { programPath } from '../../package.ts';
import { within } from '../../wait.ts';
import { onMessages } from '../display/line.ts';

/** What the process of the live report is told as its only argument: nothing secret. */
export interface WebProcessSettings {
  readonly run: string;
  /** The moment T counts from, in milliseconds since the epoch. */
  readonly start: number;
  /** Where the journal is. */
  readonly folder: string;
}

/** What it tells the controller, one JSON object a line. */
export type FromWebProcess = { readonly address: string } | { readonly failure: string };

/** The built child. */
const script = programPath('web');

/** Milliseconds that it has at the end of the run, to show the final report. */
const timeout = 2000;

/**
 * The live report of `--web`, served by a process of its own (child.ts) that reads the journal: the run hands nothing over and
 * waits for nothing. If that process ends early, a warning says so and the run goes on.
 */
export class WebProcess implements View {
  readonly #settings: WebProcessSettings;
  readonly #onAddress: (address: string) => void;
  #emit: Emit | undefined;
  #child: ChildProcess | undefined;
  #failure: string | undefined;
  #isEnding = false;
  #hasEnded = false;

  /** `onAddress` is told the address of the report, a secret: it must not become an event. */
  constructor(settings: WebProcessSettings, onAddress: (address: string) => void) {
    this.#settings = settings;
    this.#onAddress = onAddress;
  }

  attach(emit: Emit): void {
    this.#emit = emit;
  }

  /** With the first event there is a journal. */
  show(event: RunEvent): void {
    if (event.event === 'run.ended') this.#hasEnded = this.#isEnding = true;
    else if (!this.#child) this.#start();
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    const child = this.#child;
    if (!child || hasExited(child)) return;
    // A run that was not to be has no end in a journal.
    if (!this.#hasEnded) child.kill('SIGTERM');
    const gone = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
    if (!(await within(timeout, gone))) child.kill('SIGKILL');
  }

  #start(): void {
    const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(this.#settings)], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
    });
    this.#child = child;
    child.on('error', (error) => this.#gone(error.message));
    // Not 'exit', which may come before what it says of its failure.
    child.on('close', (code, signal) => this.#gone(signal ?? `exit code ${code}`));
    const [, , , control] = child.stdio;
    if (control instanceof Readable) {
      control.on('error', () => {});
      onMessages(control, (received) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the child is of the same version
        const message = received as FromWebProcess;
        if ('address' in message) this.#onAddress(message.address);
        else this.#failure = message.failure;
      });
    }
    // The run is what keeps cnd alive.
    child.unref();
    if (control instanceof Socket) control.unref();
  }

  #gone(how: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#emit?.('warning', {
      message: `the live report of --web has ended (${this.#failure ?? how}); the run goes on: cnd watch ${this.#settings.run} serves it again`,
    });
  }
}

function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
