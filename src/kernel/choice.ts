import { availableParallelism } from 'node:os';
import { messageOf } from '../error.ts';
import type { Scheme } from '../puzzle/puzzle.ts';
import { instructionSets } from './instruction-set.ts';
import { recentTiming } from './timing-cache.ts';
import { type Platform, nativeKernel, scriptFactor, thisPlatform } from './native.ts';

/** What is known about the instances' kernels before they are launched. */
export interface KernelChoice {
  /** Nonces per second that one thread tests, as odds are told from: measured here, or an order of magnitude. */
  readonly rate: number;
  /** The fastest instruction set, when the instances are this very machine. */
  readonly instructionSet?: string;
  /** It is known that there is no native kernel for the instances, which search with the script. */
  readonly isMissing?: true;
  readonly warning?: { readonly message: string; readonly hint: string };
}

const buildHint = 'build it with: npm run build:kernel';

/** What pow.py tests on one core, in nonces per second. */
const scriptRate = 1_500_000;

/** What the native kernel tests on one core of an unknown machine, at the least. */
const nativeRate = 15_000_000;

/**
 * Which kernel the instances will use, as far as that can be known here. Instances that are this very machine all get
 * the instruction set that is fastest here, timed once a day on as many threads at once as will search, while the cores are quiet: many
 * kernels that time themselves at once on busy cores choose at random.
 *
 * @param platform What other machines are, if that is known.
 * @param signal Ends the timing, and rejects: a kernel that was killed is not one that does not work.
 */
export async function chooseKernel(
  { kernel, puzzle }: { readonly kernel: 'auto' | 'python'; readonly puzzle: { readonly scheme: Scheme } },
  {
    isThisMachine = false,
    threads = Infinity,
  }: {
    readonly isThisMachine?: boolean | undefined;
    /** Threads that search on this machine; absent: on all its cores. */
    readonly threads?: number | undefined;
  },
  platform?: Platform,
  signal?: AbortSignal,
): Promise<KernelChoice> {
  if (kernel === 'python') return { rate: scriptRate };
  if (!isThisMachine) return elsewhere(platform);
  const native = nativeKernel(thisPlatform);
  if (native === undefined) return withoutNative(`there is no native kernel for ${thisPlatform}`);
  try {
    const timed = Math.min(threads, availableParallelism());
    const [fastest] = await recentTiming([native, puzzle.scheme, timed], signal, () =>
      instructionSets(native, puzzle.scheme, timed, signal),
    );
    if (!fastest) return withoutNative(`the native kernel has no instruction set that runs here`);
    return { rate: fastest.rate || nativeRate, instructionSet: fastest.name };
  } catch (error) {
    signal?.throwIfAborted();
    return withoutNative(messageOf(error));
  }
}

/** Instances are other machines: what they are may only be known once they answer, what was built here is known now. */
function elsewhere(platform: Platform | undefined): KernelChoice {
  const possible = platform === undefined ? ['linux-x64', 'linux-arm64'] : [platform];
  // Where only some are missing nobody may need them; an instance that does says so itself.
  if (possible.some((one) => nativeKernel(one) !== undefined)) return { rate: nativeRate };
  return withoutNative(`there is no native kernel for ${possible.join(' or ')}`);
}

function withoutNative(why: string): KernelChoice {
  const message = `${why}: pow.py searches instead, about ${scriptFactor} times slower`;
  return { rate: scriptRate, isMissing: true, warning: { message, hint: buildHint } };
}
