import { CndError, type ErrorDetail, UsageError, messageOf } from './error.ts';
import { UnsafeFile, codeOf } from './file.ts';

/** A place where cnd keeps files of its own: what to call it, and what decides where it is. */
export interface FilePlace {
  /** The code of its errors: `state-unusable`. */
  readonly code: string;
  /** `state directory` */
  readonly name: string;
  /** The variable or setting that names it. */
  readonly setting: string;
  /** What to do when it cannot be used: where else it may be. */
  readonly remedy: string;
}

/** What the system's names of errors mean here, and what is to be done first. */
const meanings: Readonly<Record<string, readonly [meaning: string, remedy: string]>> = {
  EACCES: ['permission denied', 'check its permissions'],
  EPERM: ['operation not permitted', 'check its owner and permissions'],
  EROFS: ['the file system is read-only', 'remount it read-write'],
  ENOSPC: ['no space left on the device', 'free some space there'],
  EDQUOT: ['the disk quota is exceeded', 'free some space there'],
  ENOENT: ['no such file or directory', 'check that the path exists'],
  ENOTDIR: ['a part of the path is not a directory', 'check the path'],
  EISDIR: ['is a directory', 'move it away'],
  EEXIST: ['a file of that name already exists', 'move it away'],
  ELOOP: ['is a symbolic link, or a loop of symbolic links', 'remove the link'],
  ENAMETOOLONG: ['the name is too long', 'use a shorter path'],
  EMFILE: ['too many open files', 'raise the limit: ulimit -n'],
  ENFILE: ['too many open files in the system', 'close some programs'],
  EIO: ['input/output error', 'check the disk'],
};

/**
 * The one error for whatever goes wrong with a file of cnd's own: names the path, what decides where it is, and what to do.
 * `doing` completes "cannot be …": `written`, `read`, `removed`. An error of cnd itself is given back as it is. Pure.
 */
export function fileError(error: unknown, place: FilePlace, path: string, doing: string): CndError {
  return error instanceof CndError
    ? error
    : new CndError(place.code, ...fileErrorText(error, place, path, doing));
}

/** As `fileError`, while nothing has been launched: exit code 2. Pure. */
export function fileUsageError(error: unknown, place: FilePlace, path: string, doing: string): UsageError {
  if (error instanceof UsageError) return error;
  if (error instanceof CndError) {
    const { code, message, about, hint, cause } = error;
    return new UsageError(code, message, {
      ...(about !== undefined && { about }),
      ...(hint !== undefined && { hint }),
      cause,
    });
  }
  return new UsageError(place.code, ...fileErrorText(error, place, path, doing));
}

/** Does something with a file of cnd's own. @throws CndError as `fileError` */
export async function withFileErrors<T>(
  place: FilePlace,
  path: string,
  doing: string,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fileError(error, place, path, doing);
  }
}

function fileErrorText(
  cause: unknown,
  { name, setting, remedy }: FilePlace,
  path: string,
  doing: string,
): [message: string, detail: ErrorDetail] {
  const [meaning, first] = meaningOf(cause);
  return [
    `${name} ${path} cannot be ${doing}: ${meaning}`,
    { about: setting, hint: `${first}, or ${remedy}`, cause },
  ];
}

/** What an error of the file system means, in words that complete "it cannot be read: …". Pure. */
export function fileProblem(error: unknown): string {
  return meaningOf(error)[0];
}

function meaningOf(cause: unknown): readonly [meaning: string, remedy: string] {
  return (
    meanings[codeOf(cause) ?? ''] ?? [
      messageOf(cause),
      cause instanceof UnsafeFile ? 'remove or repair it' : 'check the path',
    ]
  );
}
