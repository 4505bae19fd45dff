import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { kernelArguments } from '../puzzle/job.ts';
import type { Puzzle, Scheme } from '../puzzle/puzzle.ts';

/** Puzzles without a golden nonce in reach, so that only searching is timed. */
const puzzles: Readonly<Record<Scheme, Puzzle>> = {
  'hex-chain': { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 16 },
  sha256d: { scheme: 'sha256d', block: 'COMSM0010cloud', unit: 'bits', difficulty: 64 },
  bitcoin: { scheme: 'bitcoin', header: `${'01'.repeat(72)}01000003${'00'.repeat(4)}` },
};

/** Ten digits, as three quarters of the default space have. */
const from = 2_000_000_000;

/** Seconds that one sample takes, about; and samples, of which the median counts. */
const sample = { seconds: 0.2, count: 3 };

/**
 * The rate of a kernel, in nonces per second of all `threads` together: so many processes on a range each, all at once,
 * by the clock on the wall. The median of a few samples.
 *
 * @param command The kernel and what comes before the puzzle, e.g. `['kernel', '--isa', 'avx2']`.
 * @param expected About how many nonces per second one thread tests: sizes the range.
 */
export async function kernelRate(
  command: readonly string[],
  scheme: Scheme,
  threads: number,
  expected: number,
): Promise<number> {
  const size = Math.min(Math.round(expected * sample.seconds), Math.floor(2e9 / threads));
  const rates: number[] = [];
  for (let i = 0; i < sample.count; i++) {
    const processes = Array.from({ length: threads }, (_, thread) => {
      return new Kernel([...command, ...kernelArguments(puzzles[scheme])], from + thread * size, size);
    });
    // Each has answered an empty range: none is still starting when the clock is read.
    await Promise.all(processes.map((kernel) => kernel.ready()));
    const begin = performance.now();
    await Promise.all(processes.map((kernel) => kernel.search()));
    rates.push((threads * size) / ((performance.now() - begin) / 1000));
  }
  return rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0;
}

/** One kernel process and the range it is timed on. */
class Kernel {
  readonly #child;
  readonly #from: number;
  readonly #size: number;

  constructor([program = '', ...args]: readonly string[], from: number, size: number) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#from = from;
    this.#size = size;
  }

  async ready(): Promise<void> {
    this.#child.stdin.write(`${this.#from} ${this.#from}\n`);
    await once(this.#child.stdout, 'data');
  }

  async search(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.stdout.resume();
    this.#child.stdin.end(`${this.#from} ${this.#from + this.#size}\n`);
    const [code] = (await exit) as unknown[];
    if (code !== 0) throw new Error(`the kernel ended with ${String(code)}`);
  }
}
