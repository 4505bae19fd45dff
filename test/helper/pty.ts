import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/event/event.ts';
import { type Workspace, journalOf } from './cnd.ts';

const bin = fileURLToPath(new URL('../../bin/cnd.js', import.meta.url));
const helper = fileURLToPath(new URL('pseudo_terminal.py', import.meta.url));

/** What is special about the terminal. */
export interface PtyOptions {
  /** The command's stdout instead of the terminal. */
  readonly stdout?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  /** Another `cnd` than that of this checkout. */
  readonly program?: string;
}

/** `cnd` on a pseudo-terminal whose flow, reader and end are in the hands of the test. */
export class Pty {
  /** `exit 0`, `signal 11`; resolves when it has ended. */
  readonly ended: Promise<string>;
  shown = '';
  readonly #child: ChildProcess;
  readonly #place: Pick<Workspace, 'directory' | 'state'>;
  #said = '';
  #over = false;

  constructor(
    place: Pick<Workspace, 'directory' | 'state'>,
    args: readonly string[],
    { stdout = 'terminal', env = {}, columns = 80, program = bin }: PtyOptions = {},
  ) {
    this.#place = place;
    const person = {
      CI: undefined,
      NO_COLOR: undefined,
      TERM: 'xterm-256color',
      XDG_STATE_HOME: place.state,
    };
    this.#child = spawn(
      'python3',
      [helper, String(columns), '24', stdout, process.execPath, program, ...args],
      {
        cwd: place.directory,
        env: { ...process.env, ...person, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.shown += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.#child.on('close', () => (this.#over = true));
      this.#child.on('close', () => resolve(this.#said.trim().split('\n').at(-1) ?? ''));
    });
  }

  type(text: string): void {
    this.#order(`type ${Buffer.from(text).toString('hex')}`);
  }

  /** Ctrl-S. */
  stopFlow(): void {
    this.type('\u0013');
  }

  /** Ctrl-Q. */
  startFlow(): void {
    this.type('\u0011');
  }

  /** Nobody reads any more. */
  hold(): void {
    this.#order('hold');
  }

  /** The window is closed. */
  close(): void {
    this.#order('close');
  }

  /** Flags of the terminal, as tcgetattr has them. */
  async settings(): Promise<string> {
    const before = this.#said.length;
    this.#order('settings');
    return this.#when(() => /^settings (.*)$/m.exec(this.#said.slice(before))?.[1]);
  }

  /** Resolves once the terminal has shown it; rejects when the command ends without. */
  until(pattern: RegExp): Promise<string> {
    return this.#when(() => pattern.exec(this.shown)?.[0]);
  }

  /** The journal of the only run of this place, as far as it is written. */
  journal(): RunEvent[] {
    return journalOf(this.#place);
  }

  /** Resolves with an event once it is in the journal. */
  event(name: RunEvent['event']): Promise<RunEvent> {
    return this.#when(() => this.journal().find(({ event }) => event === name));
  }

  async #when<T>(look: () => T | undefined): Promise<T> {
    const giveUp = performance.now() + 60_000;
    for (;;) {
      const over = this.#over;
      const found = look();
      if (found !== undefined) return found;
      if (over || performance.now() > giveUp)
        throw new Error(`never came; shown: ${this.shown.slice(-2000)} ${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #order(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }
}
