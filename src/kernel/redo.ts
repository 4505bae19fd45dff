import { execFile } from 'node:child_process';
import { packagePath } from '../package.ts';
import { kernelArguments } from '../puzzle/job.ts';
import { wantedBits } from '../puzzle/pattern.ts';
import type { Puzzle } from '../puzzle/puzzle.ts';
import { nativeKernel, thisPlatform } from './native.ts';

/** The same digests and near-hits, of which none but the rarest is golden: a kernel tells golden ones that are no near-hits, too. */
function rareArguments(puzzle: Puzzle): string[] {
  if (puzzle.scheme === 'bitcoin') return [...kernelArguments(puzzle).slice(0, -1), '0'.repeat(64)];
  const { scheme, block, template } = puzzle;
  const text = { scheme, ...(block !== undefined && { block }), ...(template !== undefined && { template }) };
  const { order, wanted } = wantedBits(puzzle);
  const all = wanted.toString('hex');
  if (order === 'bits-lsb') return kernelArguments({ ...text, unit: order, difficulty: 256 });
  return kernelArguments({ ...text, ...(order === 'last' ? { suffix: all } : { prefix: all }) });
}

const script = packagePath('remote/pow.py');

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
  const all = [...args, ...rareArguments(puzzle), '--near', `${near}`, '--seconds', `${timeout / 1000}`];
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile(file, all, { timeout, maxBuffer, signal }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.on('error', () => {}); // how it ended says more
    child.stdin?.end(`${lo} ${hi}\n`);
  });
  const lines = text.trimEnd().split('\n');
  if (lines.pop() !== `done ${lo} ${hi}`) throw new Error('the kernel did not finish the slice');
  // `near NONCE`, or `hit NONCE DIGEST`.
  return lines.map((line) => BigInt(line.split(' ')[1] ?? ''));
}
