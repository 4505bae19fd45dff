import { spawn, execFileSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const remote = fileURLToPath(new URL('../../remote/', import.meta.url));

/** The interpreter itself: a version manager's shim takes longer to start than a whole kernel. */
export const python =
  process.env['CND_TEST_PYTHON'] ??
  execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

/** What a digest must have. */
type KernelGoal =
  | { unit: 'digits' | 'bits' | 'bits-lsb'; difficulty: number }
  | { pattern: 'prefix' | 'suffix' | 'digest'; digits: string };

/** What is hashed: a block, or any text before and after the nonce. */
type KernelText = { block: Buffer } | { before: Buffer; after: Buffer; nonce: 'decimal' | 'hex' };

/** A puzzle as a kernel is told it. */
export type KernelPuzzle =
  | ({ scheme: 'hex-chain' | 'sha256d' | 'sha256' } & KernelText & KernelGoal)
  | { scheme: 'bitcoin'; header: Buffer; target: string };

export function kernelArguments(puzzle: KernelPuzzle): string[] {
  const scheme = ['--scheme', puzzle.scheme];
  if (puzzle.scheme === 'bitcoin')
    return [...scheme, '--header', puzzle.header.toString('hex'), '--target', puzzle.target];
  const text =
    'block' in puzzle
      ? ['--block-hex', puzzle.block.toString('hex')]
      : [
          '--before-hex',
          puzzle.before.toString('hex'),
          '--after-hex',
          puzzle.after.toString('hex'),
          '--nonce',
          puzzle.nonce,
        ];
  const goal =
    'unit' in puzzle
      ? ['--unit', puzzle.unit, '--difficulty', String(puzzle.difficulty)]
      : [`--${puzzle.pattern}`, puzzle.digits];
  return [...scheme, ...text, ...goal];
}

const sha256 = (data: Buffer | string): Buffer => Buffer.from(hash('sha256', data, 'hex'), 'hex');

/** What the first of the two hashes is taken of. */
function message(puzzle: KernelPuzzle, nonce: bigint): Buffer {
  if (puzzle.scheme === 'bitcoin') {
    const header = Buffer.from(puzzle.header);
    header.writeUInt32LE(Number(nonce), 76);
    return header;
  }
  const decimal = Buffer.from(String(nonce));
  if ('before' in puzzle) {
    const text = puzzle.nonce === 'hex' ? Buffer.from(nonce.toString(16)) : decimal;
    return Buffer.concat([puzzle.before, text, puzzle.after]);
  }
  return Buffer.concat(puzzle.scheme === 'hex-chain' ? [decimal, puzzle.block] : [puzzle.block, decimal]);
}

/** The oracle: a digest by OpenSSL alone, sharing no line with what is tested. */
export function digestOf(puzzle: KernelPuzzle, nonce: bigint): Buffer {
  const inner = sha256(message(puzzle, nonce));
  if (puzzle.scheme === 'sha256') return inner;
  return sha256(puzzle.scheme === 'hex-chain' ? inner.toString('hex') : inner);
}

/** The bytes of a digest from last to first, as hex: how Bitcoin writes it. */
export function littleEndian(digest: Buffer): string {
  return Array.from(digest, (_, i) => digest.toString('hex', 31 - i, 32 - i)).join('');
}

/** The bits of a digest as text, from the most or the least significant of each byte. */
function bits(digest: Buffer, least: boolean): string {
  const places = least ? [0, 1, 2, 3, 4, 5, 6, 7] : [7, 6, 5, 4, 3, 2, 1, 0];
  return Array.from(digest, (byte) => places.map((place) => (byte >> place) & 1).join('')).join('');
}

/** Counts zeros one character at a time, unlike any kernel. */
export function isGolden(puzzle: KernelPuzzle, digest: Buffer): boolean {
  if (puzzle.scheme === 'bitcoin') return BigInt(`0x${littleEndian(digest)}`) <= BigInt(`0x${puzzle.target}`);
  if ('pattern' in puzzle) {
    const hex = digest.toString('hex');
    return puzzle.pattern === 'suffix' ? hex.endsWith(puzzle.digits) : hex.startsWith(puzzle.digits);
  }
  const text = puzzle.unit === 'digits' ? digest.toString('hex') : bits(digest, puzzle.unit === 'bits-lsb');
  return (/^0*/.exec(text)?.[0].length ?? 0) >= puzzle.difficulty;
}

/** Whether a digest has so many bits as they are wanted, in the order of its goal: one character at a time, too. */
export function isNear(puzzle: KernelPuzzle, digest: Buffer, least: number): boolean {
  if ('pattern' in puzzle) {
    const isLast = puzzle.pattern === 'suffix';
    const hex = isLast ? puzzle.digits.padStart(64, '0') : puzzle.digits.padEnd(64, '0');
    const [real, wanted] = [bits(digest, false), bits(Buffer.from(hex, 'hex'), false)];
    return isLast ? real.endsWith(wanted.slice(256 - least)) : real.startsWith(wanted.slice(0, least));
  }
  const number = puzzle.scheme === 'bitcoin' ? Buffer.from(littleEndian(digest), 'hex') : digest;
  const text = bits(number, puzzle.scheme !== 'bitcoin' && puzzle.unit === 'bits-lsb');
  return (/^0*/.exec(text)?.[0].length ?? 0) >= least;
}

/** All that a right kernel says to these ranges, with `--near` if that is given. */
export function expectedLines(
  puzzle: KernelPuzzle,
  ranges: readonly (readonly [bigint, bigint])[],
  near?: number,
): string[] {
  const lines: string[] = [];
  for (const [lo, hi] of ranges) {
    for (let nonce = lo; nonce < hi; nonce++) {
      const digest = digestOf(puzzle, nonce);
      if (isGolden(puzzle, digest)) lines.push(`hit ${nonce} ${digest.toString('hex')}`);
      else if (near !== undefined && isNear(puzzle, digest, near)) lines.push(`near ${nonce}`);
    }
    lines.push(`done ${lo} ${hi}`);
  }
  return lines;
}

export interface Outcome {
  readonly code: number | null;
  readonly lines: string[];
  readonly stderr: string;
}

/** A kernel as a process: lines in, lines out. */
export class KernelProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly closed: Promise<number | null>;
  stderr = '';
  #lines: AsyncIterator<string> | undefined;

  constructor(argv: readonly string[]) {
    const [file = '', ...rest] = argv;
    this.child = spawn(file, rest);
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.child.stdin.on('error', () => {}); // it may have ended before it read everything
    this.closed = once(this.child, 'close').then(() => this.child.exitCode);
  }

  send(...ranges: string[]): void {
    this.child.stdin.write(ranges.map((range) => `${range}\n`).join(''));
  }

  async line(): Promise<string | undefined> {
    this.#lines ??= createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    const next = await this.#lines.next();
    return next.done ? undefined : next.value;
  }

  status(field: string): string {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

/** Runs a kernel over a whole input. */
export async function runKernel(argv: readonly string[], input: string): Promise<Outcome> {
  const kernel = new KernelProcess(argv);
  let stdout = '';
  kernel.child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  kernel.child.stdin.end(input);
  const code = await kernel.closed;
  return { code, lines: stdout.split('\n').slice(0, -1), stderr: kernel.stderr };
}

/** For what no event announces: processes that are not our children. */
export async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(10);
  }
}

/** Whether a process runs; one that is dead but not yet buried does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function randomSource(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
