import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { kernelArguments } from '../puzzle/job.ts';
import type { Puzzle } from '../puzzle/puzzle.ts';
import { nativeKernel, thisPlatform } from './native.ts';

/** The same digests, of which none is golden: so near-hits are all alike. */
function hopelessArguments(puzzle: Puzzle): string[] {
  const args = kernelArguments(puzzle);
  const last = puzzle.scheme === 'bitcoin' ? '0'.repeat(64) : puzzle.unit === 'digits' ? '64' : '256';
  return [...args.slice(0, -1), last];
}

const script = fileURLToPath(new URL('../../remote/pow.py', import.meta.url));

/** Milliseconds that a slice may take; it is meant to take half a second. */
const timeout = 60_000;

/** Bytes of output that are read at most: a slice has some hundred near-hits. */
const maxBuffer = 8 << 20;

/** Nonces that are searched here in about half a second on one thread. */
export const redoSize = nativeKernel(thisPlatform) === undefined ? 1n << 19n : 1n << 23n;

/**
 * The near-hits of [lo, hi), golden or not, by the native kernel of this machine or pow.py.
 * @throws Error when neither runs on this machine, or the signal aborts.
 */
export async function redo(
  puzzle: Puzzle,
  [lo, hi]: readonly [lo: bigint, hi: bigint],
  near: number,
  signal: AbortSignal,
): Promise<bigint[]> {
  const native = nativeKernel(thisPlatform);
  const [file, ...args] = native === undefined ? ['python3', '-S', '-E', script] : [native];
  const all = [...args, ...hopelessArguments(puzzle), '--near', `${near}`, '--seconds', `${timeout / 1000}`];
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile(file, all, { timeout, maxBuffer, signal }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.on('error', () => {}); // how it ended says more
    child.stdin?.end(`${lo} ${hi}\n`);
  });
  const lines = text.trimEnd().split('\n');
  if (lines.pop() !== `done ${lo} ${hi}`) throw new Error('the kernel did not finish the slice');
  return lines.map((line) => BigInt(line.slice('near '.length)));
}
