import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Workspace } from './cnd.ts';
import { isAvailable } from './available.ts';

const bin = fileURLToPath(new URL('../../bin/cnd.js', import.meta.url));

/** Whether tests in a real terminal can run. In CI they must, so that they are never skipped unseen. */
export function hasTmux(): boolean {
  const isHere = spawnSync('tmux', ['-V']).status === 0;
  return isAvailable(isHere ? undefined : 'tmux is missing (Debian package tmux)');
}

let terminals = 0;

/** A real terminal of a given size with a shell in it, in a tmux server of its own. */
export class Terminal {
  readonly #socket = `cnd-test-${process.pid}-${(terminals += 1)}`;

  constructor(
    place: Pick<Workspace, 'directory' | 'state'>,
    columns: number,
    rows: number,
    env: Readonly<Record<string, string>> = {},
  ) {
    // As a person has it, also where these tests run without one.
    const person = ['-u', 'CI', '-u', 'NO_COLOR', '-u', 'FORCE_COLOR', 'PS1=$ ', 'ENV=', `CND=${bin}`];
    const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const shell = [
      'env',
      ...person,
      ...set,
      `XDG_STATE_HOME=${place.state}`,
      `NODE=${process.execPath}`,
      'sh',
    ];
    const size = ['-x', String(columns), '-y', String(rows)];
    this.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', place.directory, '--', ...shell);
  }

  /** Types a command line, on an empty screen, which says how it ended. */
  run(args: string, variables = ''): void {
    this.type(`clear; ${variables} "$NODE" "$CND" ${args}; echo "exit=$?"`);
  }

  /** Types a command line to the shell; `"$NODE" "$CND"` is cnd. */
  type(line: string): void {
    this.#tmux('send-keys', '-l', line);
    this.press('Enter');
  }

  /** Presses keys, as tmux names them: `C-c`, `Enter`. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The lines on the screen; with `history` also those that have scrolled out. */
  screen(history = false): string[] {
    const text = this.#tmux('capture-pane', '-p', ...(history ? ['-S', '-'] : []));
    return text.split('\n').map((line) => line.trimEnd());
  }

  /** Resolves with the screen once it matches. */
  async until(pattern: RegExp, seconds = 60): Promise<string[]> {
    const giveUp = performance.now() + seconds * 1000;
    for (;;) {
      const screen = this.screen();
      if (pattern.test(screen.join('\n'))) return screen;
      if (performance.now() > giveUp) throw new Error(`never saw ${pattern}:\n${screen.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Whether the cursor is shown, lines wrap, and the pane's process may be typed to. */
  get isUsable(): boolean {
    return this.#tmux('display-message', '-p', '#{cursor_flag}#{wrap_flag}').trim() === '11';
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-u', '-L', this.#socket, ...args], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
}
