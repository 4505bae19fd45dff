import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { kernelArguments } from '../puzzle/job.ts';
import { CndError, messageOf } from '../error.ts';
import type { Puzzle, Scheme } from '../puzzle/puzzle.ts';
import { killGroup } from '../subprocess.ts';
import { visible } from '../text.ts';
import { unlessAborted, withDeadline } from '../wait.ts';
import { type MeasuredRate, type Window, processorTime, timingOf } from './contention.ts';

/** Puzzles without a golden nonce in reach, so that only searching is timed. */
const puzzles: Readonly<Record<Scheme, Puzzle>> = {
  'hex-chain': { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 16 },
  sha256d: { scheme: 'sha256d', block: 'COMSM0010cloud', unit: 'bits', difficulty: 64 },
  sha256: { scheme: 'sha256', block: 'COMSM0010cloud', unit: 'digits', difficulty: 16 },
  bitcoin: { scheme: 'bitcoin', header: `${'01'.repeat(72)}01000003${'00'.repeat(4)}` },
};

/** Ten digits, as three quarters of the default space have. */
const from = 2_000_000_000;

/** Seconds that one window takes, about, and how many there are: short ones, so that some are undisturbed on a busy machine. */
const window = { seconds: 0.05, count: 7 };

/** Milliseconds after which a kernel that does not answer is killed, on however busy a machine. */
const timeout = 60_000;

/**
 * How fast a kernel is, in nonces per second of all `threads` together: so many processes on a range each, all at once, in
 * several short windows, which also tell whether others disturbed them.
 *
 * @param command The kernel and what comes before the puzzle, e.g. `['kernel', '--isa', 'avx2']`.
 * @param expected About how many nonces per second one thread tests: sizes the ranges.
 * @throws CndError `kernel-failed` when the program does not search.
 */
export async function timeKernel(
  command: readonly string[],
  scheme: Scheme,
  threads: number,
  expected: number,
  { signal, env = process.env }: { readonly signal?: AbortSignal; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<MeasuredRate> {
  const size = Math.min(Math.round(expected * window.seconds), Math.floor(2e9 / threads));
  const args = [...command, ...kernelArguments(puzzles[scheme])];
  const kernels = Array.from(
    { length: threads },
    (_, thread) => new Kernel(args, from + thread * size, size, env),
  );
  try {
    return await withDeadline(timeout, signal, async (late) => {
      // Each has answered an empty range: none is still starting when the clock is read.
      await unlessAborted(Promise.all(kernels.map((kernel) => kernel.ready())), late);
      const windows: Window[] = [];
      while (windows.length < window.count) windows.push(await race(kernels, size, late));
      await unlessAborted(Promise.all(kernels.map((kernel) => kernel.end())), late);
      return timingOf(windows);
    });
  } finally {
    for (const kernel of kernels) kernel.kill();
  }
}

/** One window: all kernels search their range at once. */
async function race(kernels: readonly Kernel[], size: number, signal: AbortSignal): Promise<Window> {
  const before = await Promise.all(kernels.map(({ pid }) => processorTime(pid)));
  const begin = performance.now();
  await unlessAborted(Promise.all(kernels.map((kernel) => kernel.search())), signal);
  const seconds = (performance.now() - begin) / 1000;
  const after = await Promise.all(kernels.map(({ pid }) => processorTime(pid)));
  const wall = (kernels.length * size) / seconds;
  let [ran, waited] = [0, 0];
  for (const [i, end] of after.entries()) {
    ran += (end?.ran ?? Number.NaN) - (before[i]?.ran ?? 0);
    waited += (end?.waited ?? 0) - (before[i]?.waited ?? 0);
  }
  // Where the system does not tell, the wall clock has to do.
  if (!(ran > 0)) return { wall, processor: wall, waited: 0, ran: kernels.length * seconds };
  return { wall, processor: (kernels.length * kernels.length * size) / ran, waited, ran };
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

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves with its answer to an empty range. */
  async ready(): Promise<void> {
    this.#child.stdin.write(`${this.#from} ${this.#from}\n`);
    await this.#answer(this.#from);
  }

  /** Resolves once it has searched its range. */
  async search(): Promise<void> {
    this.#child.stdin.write(`${this.#from} ${this.#from + this.#size}\n`);
    await this.#answer(this.#from + this.#size);
  }

  /** Ends its input, and resolves when it has ended. */
  async end(): Promise<void> {
    this.#child.stdin.end();
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
