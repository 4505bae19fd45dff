import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError, messageOf } from '../error.ts';

/** Least free space, in bytes, that a run is started with: a hundred syslogs and a journal of a long run. */
const leastFree = 8 * 1024 * 1024;

/** Written by the probe, and gone unless cnd was killed in that moment. */
export const probeName = '.probe';

/** Makes sure that `folder`, and `root` above it, can be written. @throws UsageError when not; then nothing is left. */
export async function probeDirectory(root: string, folder: string): Promise<void> {
  const existed = await stat(root).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  try {
    await mkdir(folder, { recursive: true });
    const probe = join(folder, probeName);
    // A full disk accepts a new name and refuses its bytes: write some.
    await writeFile(probe, Buffer.alloc(64 * 1024), { flush: true });
    await rm(probe);
    await assertRoom(folder);
  } catch (error) {
    await rm(existed ? folder : root, { recursive: true, force: true }).catch(() => {});
    if (error instanceof UsageError) throw error;
    throw new UsageError('logs-unwritable', `logs directory ${root} cannot be written: ${messageOf(error)}`, {
      about: 'logs.directory',
      hint: 'free some space or permissions there, or name another directory in logs.directory of cnd.config.json',
      cause: error,
    });
  }
}

async function assertRoom(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= leastFree) return;
  const MiB = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  throw new UsageError(
    'logs-full',
    `logs directory ${folder} has ${MiB(free)} free, less than ${MiB(leastFree)}`,
    {
      about: 'logs.directory',
      hint: 'free some space, or name another directory in logs.directory of cnd.config.json',
    },
  );
}
