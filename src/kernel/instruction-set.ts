import { CndError, messageOf } from '../error.ts';
import type { Scheme } from '../puzzle/puzzle.ts';
import { outputOf } from '../subprocess.ts';

/** Milliseconds that a kernel may take to time itself: it takes 150, at most 300. */
const timeout = 5000;

/** Threads that a kernel times at once, at most. */
const mostThreads = 1024;

/** An instruction set that a kernel can use on this machine. */
export interface InstructionSet {
  readonly name: string;
  /** Nonces per second of one thread, while all that were asked for search with it. */
  readonly rate: number;
}

/**
 * Asks a kernel which instruction sets can run on this machine, fastest first. It times each on so many threads at once (at
 * most one a processor): what is fastest alone may not be with a neighbour on the same core. Ask once, while the machine is quiet.
 * @throws CndError `kernel-unusable` when the binary does not run here, or the signal aborts.
 */
export async function instructionSets(
  kernel: string,
  scheme: Scheme,
  threads: number,
  signal?: AbortSignal,
): Promise<InstructionSet[]> {
  const args = ['--list', '--scheme', scheme, '--threads', `${Math.min(threads, mostThreads)}`];
  try {
    return parseInstructionSets(await outputOf(kernel, args, { timeout, signal }));
  } catch (error) {
    throw new CndError('kernel-unusable', `the kernel ${kernel} does not run here: ${messageOf(error)}`, {
      about: kernel,
      hint: 'build it for this machine with: npm run build:kernel',
      cause: error,
    });
  }
}

/** Reads lines `<name> <nonces per second>`. Pure. */
export function parseInstructionSets(text: string): InstructionSet[] {
  return text.split('\n').flatMap((line) => {
    const [, name, rate] = /^(\S+) (\d+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, rate: Number(rate) }];
  });
}
