import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../helper/stage/repository.ts';
import { ObservedEvents } from './observed-events.ts';
import type { Place } from './place.ts';
import type { Scenario } from './scenario.ts';

const bin = join(repository, 'bin/cnd.js');

/** Characters of output that are kept of one stream. */
const mostKept = 2 ** 16;

/** How a `cnd` ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Seconds from its start. */
  readonly seconds: number;
}

/** A `cnd` and what it says, unless that goes where nobody can read it. */
export class Controller {
  stdout = '';
  stderr = '';
  /** The events on its stdout, with `--json`. */
  readonly heard = new ObservedEvents();
  /** The highest resident set seen, in MB. */
  memory = 0;
  over = false;
  readonly ended: Promise<Ended>;
  readonly child: ChildProcess;
  readonly #pidFile: string | undefined;

  constructor(place: Place, args: readonly string[], output: Scenario['output'] = 'plain') {
    const begin = performance.now();
    const full = output === 'full' ? openSync('/dev/full', 'w') : undefined;
    const command = [process.execPath, bin, ...args];
    this.#pidFile = output === 'terminal' ? join(place.directory, `pid-${begin}`) : undefined;
    if (this.#pidFile !== undefined)
      command.unshift('python3', join(repository, 'test/chaos/pty-run.py'), this.#pidFile);
    this.child = spawn(command[0] ?? '', command.slice(1), {
      cwd: place.directory,
      env: environment(place),
      stdio: ['ignore', full ?? 'pipe', full ?? 'pipe'],
      // In a session of its own, as each terminal has one: the system shares the processor out by session.
      detached: true,
    });
    if (full !== undefined) closeSync(full);
    this.child.stdout?.on('data', (data: Buffer) => {
      this.stdout = (this.stdout + data.toString()).slice(-mostKept);
      this.heard.feed(data.toString());
    });
    this.child.stderr?.on('data', (data: Buffer) => {
      this.stderr = (this.stderr + data.toString()).slice(-mostKept);
    });
    const watching = setInterval(() => (this.memory = Math.max(this.memory, residentSet(this.pid))), 100);
    this.ended = new Promise((resolve) => {
      // Not 'close': who holds its output open is another question.
      this.child.once('exit', (code, signal) => {
        clearInterval(watching);
        this.over = true;
        // What it wrote last may still be in the pipe.
        setTimeout(() => resolve({ code, signal, seconds: (performance.now() - begin) / 1000 }), 50);
      });
    });
  }

  /** Of cnd itself, also when it is behind a terminal; 0 before it is known. */
  get pid(): number {
    if (this.#pidFile === undefined) return this.child.pid ?? 0;
    try {
      return Number(readFileSync(this.#pidFile, 'utf8'));
    } catch {
      return 0;
    }
  }

  /** What it said to its user: on stderr, or on its terminal, which breaks lines. */
  get said(): string {
    return this.#pidFile === undefined ? this.stderr : `${this.stdout}${this.stderr}`.replaceAll(/\s+/g, ' ');
  }

  /** Whether there was one to receive it. */
  signal(signal: NodeJS.Signals): boolean {
    try {
      return this.pid > 0 && !this.over && process.kill(this.pid, signal);
    } catch {
      return false; // it has just ended
    }
  }

  /** Nobody will read its output from now on. */
  closeOutput(): void {
    if (this.#pidFile !== undefined) this.child.kill('SIGUSR2');
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
  }

  /** Its output is left where it is: Ctrl-S, or a pager that nobody scrolls. */
  stallOutput(): void {
    if (this.#pidFile !== undefined) this.child.kill('SIGUSR1');
    this.child.stdout?.pause();
    this.child.stderr?.pause();
  }
}

function environment(place: Place): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...place.clock,
    PATH: place.path,
    HOME: place.directory,
    TERM: 'xterm',
    XDG_STATE_HOME: place.state,
    CND_KERNEL: place.kernel,
    // Whoever runs this may have a cluster, too.
    KUBECONFIG: '',
    ...place.pods?.env,
    // Whoever runs this may have an AWS account: it is never asked.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: '',
    AWS_PROFILE: '',
  };
}

function residentSet(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
