import { rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError, isMissing, messageOf } from '../error.ts';

/** Least free space, in bytes, that a run is started with: a hundred syslogs and a journal of a long run. */
const leastFree = 8 * 1024 * 1024;

/**
 * Makes sure that runs can be kept in `root`, or where it will be made; leaves nothing there, and makes no folder: another
 * run may be about to. @throws UsageError when they cannot.
 */
export async function probeDirectory(root: string): Promise<void> {
  try {
    const folder = await nearestFolder(root);
    // Hidden, so that it is no run; of this process, as another may be probing as well.
    const probe = join(folder, `.probe-${process.pid}`);
    try {
      // A full disk accepts a new name and refuses its bytes: write some.
      await writeFile(probe, Buffer.alloc(64 * 1024), { flush: true });
    } finally {
      await rm(probe, { force: true }).catch(() => {});
    }
    await assertRoom(folder);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError('logs-unwritable', `logs directory ${root} cannot be written: ${messageOf(error)}`, {
      about: 'logs.directory',
      hint: 'free some space or permissions there, or name another directory in logs.directory of cnd.config.json',
      cause: error,
    });
  }
}

/** The folder itself, or the nearest above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    if (!isMissing(error) || dirname(folder) === folder) throw error;
    return nearestFolder(dirname(folder));
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
