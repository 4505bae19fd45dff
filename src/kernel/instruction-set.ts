import { CndError, messageOf } from '../error.ts';
import type { Scheme } from '../puzzle/puzzle.ts';
import { LateError, outputOf } from '../subprocess.ts';

/** Milliseconds that a kernel may take to time itself, which takes 150, at most 300; and to list what it has without timing it. */
const limits = { timing: 5_000, list: 60_000 };

/** Threads that a kernel times at once, at most. */
const mostThreads = 1024;

/** An instruction set that a kernel can use on this machine. */
export interface InstructionSet {
  readonly name: string;
  /** Nonces per second of one thread, while all that were asked for search with it; 0: not timed. */
  readonly rate: number;
}

/**
 * Asks a kernel which instruction sets can run on this machine, fastest first. It times each on so many threads at once (at
 * most one a processor): what is fastest alone may not be with a neighbour on the same core. Ask once, while the machine is quiet.
 * On one that is too busy for that none is timed, and those come first that are faster on most processors.
 * @throws CndError `kernel-unusable` when the binary does not run here, or the signal aborts.
 */
export async function instructionSets(
  kernel: string,
  scheme: Scheme,
  threads: number,
  signal?: AbortSignal,
  { timing, list } = limits,
): Promise<InstructionSet[]> {
  const ask = async (count: number, timeout: number): Promise<string> =>
    outputOf(kernel, ['--list', '--scheme', scheme, '--threads', `${count}`], { timeout, signal });
  try {
    const timed = ask(Math.min(threads, mostThreads), timing);
    return parseInstructionSets(
      await timed.catch((error: unknown) => {
        if (error instanceof LateError) return ask(0, list);
        throw error;
      }),
    );
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
