import { stat } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { cachePath, makeDirectory, readTextFile, replaceFile } from '../file.ts';
import type { InstructionSet } from './instruction-set.ts';

/** Milliseconds for which a timing is believed: a machine that was busy then is not slow for ever. */
const believed = 86_400_000;

/** What is kept of a timing: of what, and when it was made. Names become arguments of a kernel. */
const cacheFile = z.record(
  z.string(),
  z.object({
    at: z.number(),
    sets: z.array(z.object({ name: z.string().regex(/^[a-z0-9-]{1,32}$/), rate: z.number().positive() })),
  }),
);

/**
 * The timing of a kernel that was made on this machine not long ago, or a new one by `time`: it takes 0.2 s, which a start need
 * not wait for each time. What is timed is told by the kernel's path and what else the timing depends on.
 * @throws what `time` throws, and the signal's reason.
 */
export async function recentTiming(
  [kernel, ...what]: readonly [kernel: string, ...what: readonly (string | number)[]],
  signal: AbortSignal | undefined,
  time: () => Promise<InstructionSet[]>,
  { env = process.env, now = Date.now() }: { readonly env?: NodeJS.ProcessEnv; readonly now?: number } = {},
): Promise<InstructionSet[]> {
  signal?.throwIfAborted();
  const path = cachePath('kernel-timing.json', env);
  const key = await identity(kernel, what);
  const kept = await readCache(path);
  const known = key === undefined ? undefined : kept[key];
  if (known && known.sets.length > 0 && Math.abs(now - known.at) <= believed) return known.sets;
  const sets = await time();
  if (key !== undefined && sets.some(({ rate }) => rate > 0)) {
    const recent = Object.entries(kept).filter(([, { at }]) => Math.abs(now - at) <= believed);
    const text = `${JSON.stringify({ ...Object.fromEntries(recent), [key]: { at: now, sets } })}\n`;
    // A cache that cannot be written is none.
    await makeDirectory(dirname(path), 0o700)
      .then(() => replaceFile(path, text))
      .catch(() => {});
  }
  return sets;
}

/** Tells a build of a kernel on a machine from every other; undefined for a kernel that cannot be looked at. */
async function identity(kernel: string, what: readonly (string | number)[]): Promise<string | undefined> {
  try {
    const { size, mtimeMs } = await stat(kernel);
    const machine = [cpus()[0]?.model ?? '', availableParallelism()];
    return JSON.stringify([kernel, size, mtimeMs, ...what, ...machine]);
  } catch {
    return undefined;
  }
}

/** Nothing where there is none, or none that can be read. */
async function readCache(path: string): Promise<z.output<typeof cacheFile>> {
  try {
    return cacheFile.parse(JSON.parse(await readTextFile(path)));
  } catch {
    return {};
  }
}
