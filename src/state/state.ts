import { realpath, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { isMissing } from '../error.ts';
import { type FilePlace, fileError } from '../file-error.ts';
import { UnsafeFile, hasDanglingLink, makeDirectory, homeDirectory } from '../file.ts';
import { requireRunId } from '../run-id.ts';

/**
 * Where live state and one-run keys of this user's runs are kept: `$XDG_STATE_HOME/cnd`, by default
 * `~/.local/state/cnd` (XDG Base Directory Specification 0.8; a relative path there is to be ignored).
 */
export function stateRoot(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env['XDG_STATE_HOME'];
  return join(xdg?.startsWith('/') ? xdg : join(homeDirectory(env), '.local', 'state'), 'cnd');
}

/** What is said of the state directory when it cannot be used. */
export function statePlace(env: NodeJS.ProcessEnv = process.env): FilePlace {
  const setting = env['XDG_STATE_HOME']?.startsWith('/') ? 'XDG_STATE_HOME' : 'HOME';
  const remedy = 'set XDG_STATE_HOME to a directory that only you can write';
  return { code: 'state-unusable', name: 'state directory', setting, remedy };
}

/** The file of a run's login key in its state directory. */
export const loginKeyName = 'id_ed25519';

/** The directory of one run's live state (0700, files 0600), deleted when the run is over. @throws CndError for what is no run id */
export function stateDirectory(run: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(stateRoot(env), requireRunId(run));
}

/**
 * Makes sure that the home directory is there, where the state root is in it: it is not cnd's to make.
 * @throws UnsafeFile
 */
export async function requireHome(env: NodeJS.ProcessEnv): Promise<void> {
  if (statePlace(env).setting !== 'HOME') return;
  const home = homeDirectory(env);
  const found = await stat(home).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    return undefined;
  });
  if (!found) throw new UnsafeFile(`the home directory ${home} does not exist`);
}

/** The state root, made if it is not there, and seen to be safe. @throws CndError */
export async function makeStateRoot(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const root = stateRoot(env);
  try {
    await requireHome(env);
    await makeDirectory(root, 0o700);
    await assertPrivate(root);
    return root;
  } catch (error) {
    throw fileError(error, statePlace(env), root, 'used');
  }
}

/** As `makeStateRoot`, but undefined where there is none: then nothing was ever noted. @throws CndError */
export async function openStateRoot(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const root = stateRoot(env);
  try {
    await assertPrivate(root);
    return root;
  } catch (error) {
    if (isMissing(error) && !(await hasDanglingLink(root))) return undefined;
    throw fileError(error, statePlace(env), root, 'used');
  }
}

/**
 * Makes sure that a directory is this user's and that nobody else can write it: what it holds says which processes to end and
 * which files to delete. @throws UnsafeFile; the error of the file system.
 */
export async function assertPrivate(directory: string): Promise<void> {
  const found = await stat(directory);
  const { uid, mode } = found;
  if (!found.isDirectory()) throw new UnsafeFile('it is not a directory');
  const self = process.getuid?.();
  if (self !== undefined && uid !== self) throw new UnsafeFile(`it belongs to another user (uid ${uid})`);
  if (mode & 0o022)
    throw new UnsafeFile(`it is writable by other users; to fix that: chmod go-w ${directory}`);
}

/**
 * Removes a file, or a directory with all in it, below a state root: nothing outside, not even by a link on the way; a link
 * itself is removed and not followed. Idempotent. @throws UnsafeFile; the error of the file system.
 */
export async function removeBelow(root: string, path: string): Promise<void> {
  const way = relative(root, path);
  if (way === '' || way.startsWith('..') || isAbsolute(way))
    throw new UnsafeFile(`${path} is not below ${root}`);
  try {
    const parent = join(await realpath(root), dirname(way));
    if ((await realpath(dirname(path))) !== parent) throw new UnsafeFile(`${dirname(path)} is a link`);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
