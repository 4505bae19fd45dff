import { constants } from 'node:fs';
import { lstat, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UnsafeFile, codeOf, replaceFile, umaskMode } from '../../file.ts';
import { CndError, type ErrorDetail, UsageError } from '../../error.ts';

/**
 * Writes a file that somebody named, as their umask has it. A pipe or a device (a shell's `>(…)`, /dev/null) is written to: to root
 * it could be replaced like a file.
 * @throws UnsafeFile for a disk, a socket, or an open file by its link in /dev or /proc; the error of the file system.
 */
export async function writeNamedFile(path: string, content: string | Uint8Array): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFIFO() === true || found?.isCharacterDevice() === true)
    return writeFile(path, content, { flag: constants.O_WRONLY | constants.O_NOCTTY });
  if (found && !found.isFile() && !found.isDirectory())
    throw new UnsafeFile('it is neither a file nor a pipe');
  const isLink = (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
  if (isLink && /^\/(?:dev|proc)(?:\/|$)/u.test(await realpath(dirname(path))))
    throw new UnsafeFile('it is a file that is open already');
  return replaceFile(path, content, { mode: umaskMode });
}

/** What the system says where it is the path that is wrong, and not the disk. */
const ofPath = new Set('EACCES EPERM EROFS ENOENT ENOTDIR EISDIR ELOOP ENAMETOOLONG EINVAL'.split(' '));

/**
 * That a file which somebody named could not be written. A wrong path is a usage error, unless something else was done for it
 * already, or nobody named it: `isUsage` is false then. Pure.
 */
export function namedFileError(
  code: string,
  message: string,
  detail: ErrorDetail,
  isUsage = true,
): CndError {
  const { cause } = detail;
  const isOfPath = cause instanceof UnsafeFile || ofPath.has(codeOf(cause) ?? '');
  return new (isUsage && isOfPath ? UsageError : CndError)(code, message, detail);
}
