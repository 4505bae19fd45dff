import { mkdir, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError, messageOf } from '../error.ts';

/** Least free space, in bytes, that a run is started with: a hundred syslogs and a journal of a long run. */
const leastFree = 8 * 1024 * 1024;

/** Makes sure that runs can be kept in `root`, and leaves nothing there. @throws UsageError when they cannot. */
export async function probeDirectory(root: string): Promise<void> {
  let made: string | undefined;
  // Hidden, so that it is no run; of this process, as another may be probing as well.
  const probe = join(root, `.probe-${process.pid}`);
  try {
    made = await mkdir(root, { recursive: true });
    // A full disk accepts a new name and refuses its bytes: write some.
    await writeFile(probe, Buffer.alloc(64 * 1024), { flush: true });
    await assertRoom(root);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError('logs-unwritable', `logs directory ${root} cannot be written: ${messageOf(error)}`, {
      about: 'logs.directory',
      hint: 'free some space or permissions there, or name another directory in logs.directory of cnd.config.json',
      cause: error,
    });
  } finally {
    await rm(probe, { force: true }).catch(() => {});
    if (made !== undefined) await unmake(root, made);
  }
}

/** Removes the folders that were made, from `root` up to the `first` of them, but none in which there is something by now. */
async function unmake(root: string, first: string): Promise<void> {
  try {
    for (let folder = root; ; folder = dirname(folder)) {
      await rmdir(folder);
      if (folder === first) return;
    }
  } catch {
    // Somebody else keeps something in it already.
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
