import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Command, isGroup } from '../../src/command/command.ts';
import { runCommandLine } from '../../src/command/parser.ts';
import { commands } from '../../src/command/registry/registry.ts';
import { puzzleFlags, startFlags } from '../../src/command/start/options.ts';
import { CndError, UsageError } from '../../src/error.ts';
import { nonsense } from '../helper/nonsense.ts';

// In this process: nothing here launches anything, and thousands of processes would take minutes.

const all = commands.flatMap((entry): [path: string, command: Command][] =>
  isGroup(entry)
    ? entry.commands.map((command): [string, Command] => [`${entry.name} ${command.name}`, command])
    : [[entry.name, entry]],
);

const home = process.cwd();
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cnd-nonsense-'));
  process.chdir(directory);
});
afterAll(() => {
  process.chdir(home);
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  for (const name of ['XDG_STATE_HOME', 'XDG_CACHE_HOME']) vi.stubEnv(name, join(directory, name));
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'KUBECONFIG'])
    vi.stubEnv(name, '/dev/null');
  for (const name of [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_PROFILE',
    'AWS_REGION',
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((_, encoding, written?: () => void) => {
      const done = typeof encoding === 'function' ? encoding : written;
      done?.();
      return true;
    });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function runsBegun(): string[] {
  const state = join(directory, 'XDG_STATE_HOME', 'cnd');
  return existsSync(state) ? readdirSync(state).filter((name) => /^\d{8}-/.test(name)) : [];
}

/** What is wrong with how a command line ends; undefined when nothing is: it is done, or refused in words. */
async function fault(words: readonly string[]): Promise<string | undefined> {
  const line = JSON.stringify(words).slice(0, 120);
  try {
    const code = await runCommandLine(words);
    return [0, 1, 2, 3, 4].includes(code) ? undefined : `${line}: exit code ${code}`;
  } catch (error) {
    if (!(error instanceof CndError))
      return `${line}: ${error instanceof Error ? error.stack : String(error)}`;
    return error.hint === undefined ? `${line}: no hint with: ${error.message}` : undefined;
  }
}

async function faults(lines: readonly (readonly string[])[]): Promise<string[]> {
  const found: string[] = [];
  for (const line of lines) {
    const what = await fault(line);
    if (what !== undefined) found.push(what);
  }
  found.push(...runsBegun());
  return found;
}

/** The error that a command line is refused with, before its command is even loaded. */
async function refusal(words: readonly string[]): Promise<UsageError> {
  try {
    await runCommandLine(words);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${words.join(' ')} was taken`);
}

describe.each(all)('cnd %s', (path, { flags, positionals = [] }) => {
  const needed = positionals.filter(({ optional }) => !optional).map(() => 'x');
  const words = [...path.split(' '), ...needed];
  const valued = flags.filter(({ boolean }) => !boolean);

  test('a flag with an empty value, without a value, given twice, or with a value that it has not, is refused', async () => {
    for (const { name } of valued) {
      if (name !== 'block')
        expect((await refusal([...words, `--${name}`, ''])).message).toBe(`--${name} has an empty value`);
      expect((await refusal([...words, `--${name}`])).message).toBe(`--${name} is given without a value`);
      expect((await refusal([...words, `--${name}=a`, `--${name}=b`])).message).toMatch(/is given twice/);
    }
    for (const { name, boolean } of flags)
      if (boolean) expect((await refusal([...words, `--${name}=maybe`])).message).toMatch(/takes no value/);
  });

  test('what it does not know is named', async () => {
    expect((await refusal([...words, '--nonsense'])).message).toMatch(/--nonsense is not a flag/);
    expect((await refusal([...words, '--nonsense=é\n'])).hint).toMatch(/--help/);
  });
});

/** Flags that are settings are judged by test/config/nonsense.test.ts, all at once. */
const settings = new Set(startFlags.map(({ name }) => name));

/** Command lines that do nothing, to which one flag is added. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  compare: ['--dry-run', '--N', '1', '--T', '60', '--D', '2'],
  init: ['--print'],
  'logs export': [],
  'logs ls': [],
  'logs prune': ['--dry-run'],
  'logs replay': ['x'],
  'logs rm': [],
  plan: ['--T', '60', '--D', '2', '--kernel', 'python'],
  ps: [],
  report: ['x'],
  scram: ['--dry-run'],
  watch: ['x'],
};

describe.each(Object.entries(harmless))('cnd %s', (path, base) => {
  const [, command] = all.find(([name]) => name === path) ?? [];
  const flags = (command?.flags ?? []).filter(
    ({ name, boolean }) => !boolean && !(settings.has(name) && path !== 'ps' && path !== 'scram'),
  );

  test(`nonsense in ${flags.map(({ name }) => `--${name}`).join(', ')} is taken, or refused in words`, async () => {
    expect(flags.length).toBeGreaterThan(0);
    const lines = flags.flatMap(({ name }) =>
      nonsense.map((value) => [...path.split(' '), ...base, `--${name}=${value}`]),
    );
    expect(await faults(lines)).toEqual([]);
  });
});

describe('arguments', () => {
  const named = all.filter(([path, { positionals }]) => positionals && path !== 'verify');
  test.each(named)('cnd %s: nonsense is refused in words', async (path, { positionals = [] }) => {
    const lines = ['', ...nonsense].flatMap((value) =>
      positionals.map((_, index) => [
        ...path.split(' '),
        '--',
        ...Array.from({ length: index }, () => 'x'),
        value,
      ]),
    );
    expect(await faults(lines)).toEqual([]);
  });

  test('cnd verify: nonsense is refused in words, for a nonce, a digest and every part of a puzzle', async () => {
    const goals = new Set(['D', 'prefix', 'suffix', 'digest']);
    const lines = nonsense.flatMap((value) => [
      ['verify', '--D', '2', '--', value],
      ['verify', '--D', '2', '--', '116', value],
      ...puzzleFlags.map((flag) => [
        'verify',
        '116',
        ...(goals.has(flag) ? [] : ['--D', '2']),
        `--${flag}=${value}`,
      ]),
    ]);
    expect(await faults(lines)).toEqual([]);
  });
});
