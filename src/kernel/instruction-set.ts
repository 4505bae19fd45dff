import { CndError, messageOf } from '../error.ts';
import type { Scheme } from '../puzzle/puzzle.ts';
import { outputOf } from '../subprocess.ts';

/** Milliseconds that a kernel may take to time itself: it takes 200. */
const timeout = 5000;

/** An instruction set that a kernel can use on this machine. */
export interface InstructionSet {
  readonly name: string;
  /** Nonces per second on one thread, by a quiet self-timing. */
  readonly rate: number;
}

/**
 * Asks a kernel which instruction sets can run on this machine, fastest first. It times them, 0.2 s in all: ask once,
 * while the machine is quiet.
 * @throws CndError `kernel-unusable` when the binary does not run here, or the signal aborts.
 */
export async function instructionSets(
  kernel: string,
  scheme: Scheme,
  signal?: AbortSignal,
): Promise<InstructionSet[]> {
  try {
    return parseInstructionSets(await outputOf(kernel, ['--list', '--scheme', scheme], { timeout, signal }));
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
