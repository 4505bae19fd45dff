import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { kernelArguments } from '../puzzle/job.ts';
import { CndError, messageOf } from '../error.ts';
import type { Puzzle, Scheme } from '../puzzle/puzzle.ts';
import { killGroup } from '../subprocess.ts';
import { visible } from '../text.ts';
import { unlessAborted, withDeadline } from '../wait.ts';

/** Puzzles without a golden nonce in reach, so that only searching is timed. */
const puzzles: Readonly<Record<Scheme, Puzzle>> = {
  'hex-chain': { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 16 },
  sha256d: { scheme: 'sha256d', block: 'COMSM0010cloud', unit: 'bits', difficulty: 64 },
  sha256: { scheme: 'sha256', block: 'COMSM0010cloud', unit: 'digits', difficulty: 16 },
  bitcoin: { scheme: 'bitcoin', header: `${'01'.repeat(72)}01000003${'00'.repeat(4)}` },
};

/** Ten digits, as three quarters of the default space have. */
const from = 2_000_000_000;

/** Seconds that one sample takes, about; and samples, of which the median counts. */
const sample = { seconds: 0.2, count: 3 };

/** Milliseconds after which a kernel that does not answer is killed, on however busy a machine. */
const timeout = 60_000;

/**
 * The rate of a kernel, in nonces per second of all `threads` together: so many processes on a range each, all at once,
 * by the clock on the wall. The median of a few samples.
 *
 * @param command The kernel and what comes before the puzzle, e.g. `['kernel', '--isa', 'avx2']`.
 * @param expected About how many nonces per second one thread tests: sizes the range.
 * @throws CndError `kernel-failed` when the program does not search.
 */
export async function kernelRate(
  command: readonly string[],
  scheme: Scheme,
  threads: number,
  expected: number,
  { signal, env = process.env }: { readonly signal?: AbortSignal; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<number> {
  const size = Math.min(Math.round(expected * sample.seconds), Math.floor(2e9 / threads));
  const rates: number[] = [];
  for (let i = 0; i < sample.count; i++) {
    const processes = Array.from({ length: threads }, (_, thread) => {
      return new Kernel([...command, ...kernelArguments(puzzles[scheme])], from + thread * size, size, env);
    });
    try {
      rates.push((threads * size) / (await withDeadline(timeout, signal, (late) => race(processes, late))));
    } finally {
      for (const kernel of processes) kernel.kill();
    }
  }
  return rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0;
}

/** Seconds that kernels take for their ranges, all at once. */
async function race(processes: readonly Kernel[], signal: AbortSignal): Promise<number> {
  // Each has answered an empty range: none is still starting when the clock is read.
  await unlessAborted(Promise.all(processes.map((kernel) => kernel.ready())), signal);
  const begin = performance.now();
  await unlessAborted(Promise.all(processes.map((kernel) => kernel.search())), signal);
  return (performance.now() - begin) / 1000;
}

/** One kernel process and the range it is timed on. */
class Kernel {
  readonly #program: string;
  readonly #child;
  /** Rejects when it ends with anything but 0, or cannot be started. */
  readonly #end: Promise<void>;
  readonly #from: number;
  readonly #size: number;
  readonly #lines: AsyncIterator<string, undefined>;

  constructor(
    [program = '', ...args]: readonly string[],
    from: number,
    size: number,
    env: NodeJS.ProcessEnv,
  ) {
    this.#program = program;
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true, env });
    // It may be dead already; its exit code says so.
    this.#child.stdin.on('error', () => {});
    this.#end = new Promise((resolve, reject) => {
      this.#child
        .on('error', (error) => reject(failure(program, `cannot be started: ${messageOf(error)}`, error)))
        .on('exit', (code, killedBy) => {
          if (code === 0) resolve();
          else reject(failure(program, `ended with ${String(code ?? killedBy)}`));
        });
    });
    this.#end.catch(() => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#from = from;
    this.#size = size;
  }

  /** Resolves with its answer to an empty range. */
  async ready(): Promise<void> {
    this.#child.stdin.write(`${this.#from} ${this.#from}\n`);
    await this.#answer(this.#from);
  }

  async search(): Promise<void> {
    this.#child.stdin.end(`${this.#from} ${this.#from + this.#size}\n`);
    await this.#answer(this.#from + this.#size);
    await this.#end;
  }

  /** Resolves once it has said that it is done up to `limit`: a program that just ends has searched nothing. */
  async #answer(limit: number): Promise<void> {
    const { value, done } = await this.#lines.next();
    // Its exit code says more than that it is silent.
    if (done === true) await this.#end;
    if (value === `done ${this.#from} ${limit}`) return;
    const words = done === true ? 'ended without an answer' : `answered '${visible(value)}'`;
    throw failure(this.#program, words);
  }

  /** Ends it if it has not ended. */
  kill(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) killGroup(this.#child);
  }
}

function failure(program: string, words: string, cause?: unknown): CndError {
  return new CndError('kernel-failed', `the kernel ${program} cannot be measured: it ${words}`, {
    about: program,
    hint: 'rebuild the native kernel with: npm run build:kernel',
    cause,
  });
}
