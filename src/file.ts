import { userInfo } from 'node:os';
import { join, resolve, basename, dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { type Stats, closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';

// How cnd writes and reads its own files. Others may be able to write to the directory: no link that somebody planted is
// followed, nothing that is there is taken over, and nobody ever reads half a file.

/** A file that only this user reads: state, records, keys. */
export const privateMode = 0o600;

/** A file that somebody asked for: as their umask has it. */
export const umaskMode = 0o666;

/** How a file is written. */
export interface WriteOptions {
  /** Permissions, by default `privateMode`; the umask applies. */
  readonly mode?: number;
  /** Whether it must survive a power cut: file and directory are flushed to the disk. */
  readonly sync?: boolean;
}

/**
 * Writes a file whole or not at all, in place of what has its name. A link of that name is replaced, its target is not touched.
 * @throws the error of the file system, with nothing left behind.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  await replaceFileWith(path, (file) => file.writeFile(content), options);
}

/**
 * As `replaceFile`, for content that `fill` writes, piece by piece; gives what that gives. `fill` may close the file.
 * Until it is whole it is called `.<name>.<random>.part`, where `isPartialName` knows it.
 */
export async function replaceFileWith<T>(
  path: string,
  fill: (file: FileHandle) => Promise<T>,
  { mode = privateMode, sync = false }: WriteOptions = {},
): Promise<T> {
  const part = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.part`);
  const file = await createFile(part, mode);
  try {
    const result = await fill(file);
    if (sync) await flush(part);
    await file.close();
    await rename(part, path);
    if (sync) await flush(dirname(path));
    return result;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Writes a new file whole or not at all: of all that try at once exactly one does.
 * @throws EEXIST when there is something of that name; the error of the file system, with nothing left behind.
 */
export async function createWholeFile(path: string, content: string): Promise<void> {
  const part = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.part`);
  try {
    await replaceFile(part, content);
    await link(part, path).catch(async (error: unknown) => {
      // On NFS its answer may have been lost, and the same be asked again: whether it was made the file itself tells.
      if ((await stat(part)).nlink > 1) return;
      if (!withoutLinks.has(codeOf(error) ?? '')) throw error;
      // Its name is as exclusive; a reader may find it empty for a moment.
      const file = await createFile(path);
      try {
        await file.writeFile(content);
      } finally {
        await file.close();
      }
    });
  } finally {
    await rm(part, { force: true }).catch(() => {});
  }
}

/** What link(2) says on file systems that have no links: FAT, some of FUSE. */
const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Whether a name is one of a file that is being written, or of one whose writer was killed. */
export function isPartialName(name: string): boolean {
  return name.endsWith('.part');
}

const exclusive = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Opens a new file for writing. @throws EEXIST when there is something of that name, be it a link that leads nowhere. */
export async function createFile(path: string, mode: number = privateMode): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | exclusive, mode);
}

/** As `createFile`, with a file descriptor at once. */
export function createFileSync(path: string, mode: number = privateMode): number {
  return openSync(path, constants.O_WRONLY | exclusive, mode);
}

/**
 * Opens a file of lines that another process has begun: what is written at its end is a line of its own. It is made where it
 * is gone. @throws UnsafeFile for anything but a regular file; the error of the file system.
 */
export function continueLinesSync(path: string, mode: number = privateMode): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode);
  try {
    const found = fstatSync(file);
    requireReadable(found, { limit: Number.POSITIVE_INFINITY });
    const last = Buffer.alloc(1);
    if (found.size > 0 && readSync(file, last, 0, 1, found.size - 1) === 1 && last.toString() !== '\n')
      writeSync(file, '\n', found.size);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** What a file must be to be read. */
export interface ReadOptions {
  /** Most bytes, by default 16 MiB: nothing that cnd reads whole is larger. */
  readonly limit?: number;
  /** Whether a link of that name is followed: not by default. */
  readonly follow?: boolean;
  /** Whom it may belong to, by user id; by default anybody. */
  readonly owners?: readonly number[] | undefined;
}

/**
 * The text of a regular file of bounded size.
 * @throws UnsafeFile for anything else; the error of the file system.
 */
export async function readTextFile(path: string, options: ReadOptions = {}): Promise<string> {
  const file = await open(path, readFlags(options.follow));
  try {
    requireReadable(await file.stat(), options);
    const content = new Content(options.limit);
    while (content.add((await file.read(content.buffer)).bytesRead));
    return content.text;
  } finally {
    await file.close();
  }
}

/** As `readTextFile`, at once, for a file that somebody names in a setting: links are followed. Pipes and devices are not waited for. */
export function readNamedFileSync(path: string, options: Pick<ReadOptions, 'limit'> = {}): string {
  const file = openSync(path, readFlags(true));
  try {
    requireReadable(fstatSync(file), options);
    const content = new Content(options.limit);
    while (content.add(readSync(file, content.buffer)));
    return content.text;
  } finally {
    closeSync(file);
  }
}

/** Opens a regular file for reading, and no link. @throws UnsafeFile for anything else; the error of the file system. */
export async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, readFlags());
  try {
    requireReadable(await file.stat(), { limit: Number.POSITIVE_INFINITY });
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opening a pipe does not wait for a writer. */
function readFlags(follow = false): number {
  return constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW);
}

const defaultLimit = 1 << 24;

/** @throws UnsafeFile */
function requireReadable(
  found: Pick<Stats, 'isFile' | 'uid' | 'size'>,
  { limit = defaultLimit, owners }: ReadOptions,
): void {
  const { uid, size } = found;
  if (!found.isFile()) throw new UnsafeFile('it is not a regular file');
  if (owners && !owners.includes(uid)) throw new UnsafeFile(`it belongs to another user (uid ${uid})`);
  if (size > limit) throw new UnsafeFile(`it has ${size} bytes, more than ${limit}`);
}

/** What was read of a file so far: it may be longer than its size says (/proc), or grow. */
class Content {
  readonly buffer = Buffer.alloc(65_536);
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(limit: number = defaultLimit) {
    this.#limit = limit;
  }

  /** Takes so many bytes of `buffer`; false at the end of the file. @throws UnsafeFile */
  add(bytes: number): boolean {
    this.#length += bytes;
    if (this.#length > this.#limit) throw new UnsafeFile(`it has more than ${this.#limit} bytes`);
    this.#chunks.push(Buffer.from(this.buffer.subarray(0, bytes)));
    return bytes > 0;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** Something of the file system that must not be used as it is. */
export class UnsafeFile extends Error {}

/**
 * Makes a directory and those above it that are missing. Not with `recursive` of Node's mkdir, which never ends where the
 * file system takes no new directory and says ENOENT (/proc).
 * @throws UnsafeFile when something else has that name; the error of the file system.
 */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  // Where another process removes what is made, it is tried again, but not for ever.
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(path, mode);
      return;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EEXIST' && (await isDirectory(path))) return;
      if (attempt === 5 || (code !== 'EEXIST' && code !== 'ENOENT') || dirname(path) === path) throw error;
      if (code === 'ENOENT') await makeDirectory(dirname(path), mode);
    }
  }
}

/** Whether there is a directory, or a link to one; false for nothing. @throws UnsafeFile when it is something else. */
async function isDirectory(path: string): Promise<boolean> {
  const at = await stat(path).catch(() => undefined);
  if (at?.isDirectory()) return true;
  const itself = await lstat(path).catch(() => undefined);
  if (itself?.isSymbolicLink() && !at) throw new UnsafeFile(`${path} is a dangling symbolic link`);
  if (itself) throw new UnsafeFile(`${path} is not a directory`);
  return false;
}

/** Whether a path is missing only because a link in it leads nowhere: what it led to, a disk perhaps, may come back. */
export async function hasDanglingLink(path: string): Promise<boolean> {
  const itself = await lstat(path).catch(() => undefined);
  if (!itself) return dirname(path) !== path && hasDanglingLink(dirname(path));
  return itself.isSymbolicLink() && !(await stat(path).catch(() => undefined));
}

/** The system's name of an error, `ENOSPC`; undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

async function flush(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The user's home directory: `$HOME`, where an empty one counts as not set, else that of the user database. A user that is in neither,
 * as in a container, has `/`, as container runtimes have it.
 */
export function homeDirectory(env: NodeJS.ProcessEnv): string {
  const named = env['HOME'];
  if (named !== undefined && named !== '') return named;
  try {
    return userInfo().homedir;
  } catch {
    return '/';
  }
}

/** A path as it is written in the configuration: `~/` is the user's home, others are relative to its file. */
export function absolutePath(path: string, directory: string, env: NodeJS.ProcessEnv): string {
  return path.startsWith('~/') ? join(homeDirectory(env), path.slice(2)) : resolve(directory, path);
}

/** `$XDG_CACHE_HOME/cnd/NAME`, by default under `~/.cache` (XDG Base Directory Specification 0.8). */
export function cachePath(name: string, env: NodeJS.ProcessEnv): string {
  const xdg = env['XDG_CACHE_HOME'];
  const root = xdg?.startsWith('/') ? xdg : join(homeDirectory(env), '.cache');
  return join(root, 'cnd', name);
}
