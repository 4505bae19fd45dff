import { readlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type ParseError, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import { UsageError, isMissing, messageOf } from '../error.ts';
import { UnsafeFile, readTextFile } from '../file.ts';
import { visible } from '../text.ts';
import { withDeadline } from '../wait.ts';
import { firstTooDeep, firstTwice } from './json-error.ts';
import { readText } from './read.ts';

/** The configuration file that is read when none is named. */
export const defaultConfigFile = 'cnd.config.json';

/** Milliseconds that a pipe has to give the configuration: as long as nothing is known, T is not either. */
const timeout = 5000;

/** A configuration file as it was read. */
export interface ConfigFile {
  /** The path as the user would write it, for messages. */
  readonly path: string;
  /** The directory that relative paths in it are relative to. */
  readonly directory: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * Reads a configuration file: JSON, with comments and trailing commas allowed. Without `path`, `cnd.config.json` of the
 * current directory is read if there is one.
 * @throws UsageError naming line and column when it is not JSON.
 */
export async function readConfigFile(
  path?: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ConfigFile | undefined> {
  const name = path ?? defaultConfigFile;
  let text: string;
  try {
    // Whoever names a file has chosen it, be it a pipe; one that just lies here may be a trap.
    text =
      path === undefined
        ? await readTextFile(name, { follow: true, owners: trusted(env) })
        : await withDeadline(timeout, undefined, (signal) => readText(name, signal));
  } catch (error) {
    const target = isMissing(error) ? await linkTarget(name) : undefined;
    // Absent is the usual case; a link that leads nowhere is one that somebody meant.
    if (path === undefined && isMissing(error) && target === undefined) return undefined;
    if (target !== undefined)
      throw new UsageError(
        'config-unreadable',
        `${name} cannot be read: it is a link to ${visible(target)}, which does not exist`,
        { about: name, hint: 'create that file, or remove the link', cause: error },
      );
    if (error instanceof UnsafeFile)
      throw new UsageError('config-unsafe', `${name} is not read: ${error.message}`, {
        about: name,
        hint: `if you trust it: --config ${name}`,
        cause: error,
      });
    throw new UsageError('config-unreadable', `${name} cannot be read: ${words(error)}`, {
      about: name,
      hint: 'name an existing file with --config',
      cause: error,
    });
  }
  return { path: name, directory: dirname(resolve(name)), content: parseConfig(name, text) };
}

/** Whose file is believed without being named: this user's, root's, and of a root by sudo that of who became it. */
function trusted(env: NodeJS.ProcessEnv): readonly number[] | undefined {
  const self = process.getuid?.();
  if (self === undefined) return undefined;
  const sudo = self === 0 && /^\d{1,10}$/.test(env['SUDO_UID'] ?? '') ? [Number(env['SUDO_UID'])] : [];
  return [self, 0, ...sudo];
}

/** Where a symbolic link leads; undefined for what is none. */
function linkTarget(name: string): Promise<string | undefined> {
  return readlink(name).catch(() => undefined);
}

/** Parses the text of a configuration file; `name` is for messages. @throws UsageError */
export function parseConfig(name: string, source: string): Readonly<Record<string, unknown>> {
  const text = source.replace(/^\uFEFF/, '');
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) {
    const { line, column } = position(text, tooDeep);
    throw new UsageError(
      'config-syntax',
      `${name} is nested too deeply at line ${line}, column ${column}: no setting is so deep`,
      { about: name, hint: 'remove the surplus brackets' },
    );
  }
  const errors: ParseError[] = [];
  // Not by its `parse`, to which a key `__proto__` is a prototype and not a key that is wrong.
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const content: unknown = tree && getNodeValue(tree);
  const [first] = errors;
  if (first) {
    const { line, column } = position(text, first.offset);
    const what = printParseErrorCode(first.error)
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase();
    throw new UsageError(
      'config-syntax',
      `${name} is not valid JSON at line ${line}, column ${column}: ${what}`,
      {
        about: name,
        hint: 'fix it there; comments and trailing commas are allowed',
      },
    );
  }
  const twice = tree && firstTwice(tree);
  if (twice) {
    const [first, second] = twice.offsets.map((offset) => position(text, offset).line);
    throw new UsageError(
      'config-duplicate',
      `${name} has ${visible(twice.path.join('.'))} twice, in lines ${first} and ${second}`,
      { about: name, hint: 'remove one of them' },
    );
  }
  if (!isRecord(content)) {
    throw new UsageError('config-syntax', `${name} must hold one JSON object, like { "N": 4 }`, {
      about: name,
      hint: 'put the settings between { and }',
    });
  }
  return content;
}

/** An aborted stream says only that; its cause says why. */
function words(error: unknown): string {
  const isAborted = error instanceof Error && error.name === 'AbortError' && error.cause !== undefined;
  return messageOf(isAborted ? error.cause : error);
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
