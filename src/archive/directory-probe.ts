import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError, isMissing } from '../error.ts';
import { type FilePlace, fileUsageError } from '../file-error.ts';
import { UnsafeFile, createFile, hasDanglingLink, makeDirectory } from '../file.ts';
import { requireRunId } from '../run-id.ts';

/** Least free space, in bytes, that a run is started with: a hundred syslogs and a journal of a long run. */
const leastFree = 8 * 1024 * 1024;

/** What is said of the logs directory when it cannot be used. */
export const logsPlace: FilePlace = {
  code: 'logs-unwritable',
  name: 'logs directory',
  setting: 'logs.directory',
  remedy: 'set another logs.directory in cnd.config.json',
};

/**
 * Makes sure that runs can be kept in `root`, or where it will be made; leaves nothing there, and makes no folder: another
 * run may be about to. @throws UsageError when they cannot.
 */
export async function probeDirectory(root: string): Promise<void> {
  try {
    const folder = await nearestFolder(root);
    // Hidden, so that it is no run.
    const probe = join(folder, `.probe-${randomBytes(8).toString('hex')}`);
    const file = await createFile(probe);
    try {
      // A full disk accepts a new name and refuses its bytes: write some.
      await file.writeFile(Buffer.alloc(64 * 1024));
      await file.sync();
    } finally {
      await file.close();
      await rm(probe, { force: true }).catch(() => {});
    }
    await assertRoom(folder);
  } catch (error) {
    throw fileUsageError(error, logsPlace, root, 'written');
  }
}

/**
 * Makes the folder of a new run, which must be nobody's yet. @throws UsageError when it cannot: the disk may have filled up
 * since it was probed.
 */
export async function makeRunFolder(root: string, run: string): Promise<string> {
  const folder = join(root, requireRunId(run));
  try {
    await makeDirectory(root);
    await mkdir(folder);
    return folder;
  } catch (error) {
    throw fileUsageError(error, logsPlace, folder, 'made');
  }
}

/** What a user is warned of: others can put files into the logs directory, or take some away. */
export async function logsWarning(root: string): Promise<string | undefined> {
  const { mode, uid } = await stat(root).catch(() => ({ mode: 0, uid: 0 }));
  if (mode & 0o022) return `the logs directory ${root} is writable by other users`;
  const self = process.getuid?.();
  return self !== undefined && self !== uid && uid !== 0
    ? `the logs directory ${root} belongs to another user`
    : undefined;
}

/** The folder itself, or the nearest above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  try {
    if ((await stat(folder)).isDirectory()) return folder;
    throw new UnsafeFile(`${folder} is not a directory`);
  } catch (error) {
    if (!isMissing(error) || dirname(folder) === folder) throw error;
    if (await hasDanglingLink(folder)) throw new UnsafeFile(`${folder} is a dangling symbolic link`);
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
      hint: 'free some space, or set another logs.directory in cnd.config.json',
    },
  );
}
