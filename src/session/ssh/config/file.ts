import { closeSync, constants, fstatSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { UsageError, isMissing, messageOf } from '../../../error.ts';
import { type ConfigLine, parseSshConfig } from './line.ts';
import { matchesPattern } from './pattern.ts';

/** A line of the configuration, or the lines of the files that an Include means, each file by itself. */
export type ConfigEntry = ConfigLine | { readonly include: readonly (readonly ConfigEntry[])[] };

/** How deep files may include others (OpenSSH's READCONF_MAX_DEPTH), and how many there may be. */
const most = { depth: 16, files: 1000 };

/** What it says of a file, and how to do without. */
const about = 'ssh-config';
const without = 'fix it, or skip it with --no-ssh-config';

/**
 * Reads `~/.ssh/config` and what it includes; undefined when there is none. Nothing that it names is run.
 * @param home The user's home.
 * @throws UsageError when one of the files cannot be read, is no ssh_config, or can be written by others.
 */
export function readClientConfig(home: string): ConfigEntry[] | undefined {
  const files = { left: most.files };
  return readFile(join(home, '.ssh', 'config'), home, 0, files);
}

function readFile(
  path: string,
  home: string,
  depth: number,
  files: { left: number },
): ConfigEntry[] | undefined {
  const text = readTrusted(path);
  if (text === undefined) return undefined;
  files.left -= 1;
  if (depth > most.depth || files.left < 0) {
    throw new UsageError(about, `${path}: too many files include each other`, { about, hint: without });
  }
  return parseSshConfig(text, path).map((line) => {
    if ('problem' in line || line.values.length === 0) {
      const problem = 'problem' in line ? line.problem : `${line.keyword} has no value`;
      throw new UsageError(about, `${line.where}: ${problem}`, { about, hint: without });
    }
    if (line.keyword !== 'include') return line;
    const paths = line.values.flatMap((value) => expandGlob(included(value, home)));
    return { include: paths.flatMap((one) => [readFile(one, home, depth + 1, files) ?? []]) };
  });
}

/** The text of a file that only this user and root can write, as OpenSSH demands it. */
function readTrusted(path: string): string | undefined {
  let file: number;
  try {
    // Whoever opens a pipe otherwise waits for a writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new UsageError(about, `${path} cannot be read: ${messageOf(error)}`, { about, hint: without });
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new UsageError(about, `${path} is not a file`, { about, hint: without });
    if ((stats.uid !== 0 && stats.uid !== process.getuid?.()) || (stats.mode & 0o022) !== 0) {
      throw new UsageError(about, `${path} belongs to somebody else, or others can write it`, {
        about,
        hint: `chmod go-w ${path}, or leave it out with --no-ssh-config`,
      });
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Where an Include leads: relative paths are relative to ~/.ssh. */
function included(value: string, home: string): string {
  if (value.startsWith('~/')) return join(home, value.slice(2));
  return isAbsolute(value) ? value : join(home, '.ssh', value);
}

/** The files that a path with wildcards means, in order, as glob(3) has it: a leading dot is matched by itself alone. */
function expandGlob(path: string): string[] {
  let found = ['/'];
  for (const part of path.split('/').filter((part) => part !== '')) {
    if (!/[*?[]/.test(part)) {
      found = found.map((directory) => join(directory, part));
      continue;
    }
    found = found.flatMap((directory) =>
      namesIn(directory)
        .filter((name) => name.startsWith('.') === part.startsWith('.') && matchesGlob(name, part))
        .map((name) => join(directory, name)),
    );
  }
  return found;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}

/** Patterns of glob(3) have sets of characters besides `*` and `?`. */
function matchesGlob(name: string, pattern: string): boolean {
  if (!pattern.includes('[')) return matchesPattern(name, pattern);
  const source = pattern.replace(/\[!?[^\]]+\]|\*+|\?|[.+^${}()|\]\\[]/g, (piece) => {
    if (piece.startsWith('*')) return '.*';
    if (piece === '?') return '.';
    if (piece.length === 1) return `\\${piece}`;
    return piece.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
  });
  return new RegExp(`^${source}$`, 's').test(name);
}
