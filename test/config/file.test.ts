import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig, readConfigFile } from '../../src/config/file.ts';
import { UsageError } from '../../src/error.ts';

describe('the text of a configuration file', () => {
  test('comments, trailing commas and a byte order mark are fine', () => {
    const text = '\uFEFF// ours\n{\n  "N": 4, /* four */\n  "logs": { "directory": "l", },\n}\n';
    expect(parseConfig('c', text)).toEqual({ N: 4, logs: { directory: 'l' } });
  });

  test.each([
    ['{ "N": 4, "T" 60 }', 1, 15, 'colon expected'],
    ['{\n  "N": 4\n  "T": 60\n}', 3, 3, 'comma expected'],
    ['{\r\n  "N": four\r\n}', 2, 8, 'invalid symbol'],
    ['\uFEFF{\n  "N": four\n}', 2, 8, 'invalid symbol'],
    ['\uFEFF{ "N": four }', 1, 8, 'invalid symbol'],
    ['\uFEFF{\n"N": 4\n"T": 60 }', 3, 1, 'comma expected'],
    ['{ "N": 4', 1, 9, 'close brace expected'],
    ['', 1, 1, 'value expected'],
    ['{} {}', 1, 4, 'end of file expected'],
  ])('%j is wrong at line %i, column %i', (text, line, column, what) => {
    const message = `cnd.config.json is not valid JSON at line ${line}, column ${column}: ${what}`;
    expect(() => parseConfig('cnd.config.json', text)).toThrow(
      expect.objectContaining({ message, code: 'config-syntax', exitCode: 2, about: 'cnd.config.json' }),
    );
  });

  test.each([
    ['{ "N": 4,\n  "N": 8 }', 'N', 1, 2],
    ['{ "logs": {\n"directory": "a",\n// ours\n"directory": "a" } }', 'logs.directory', 2, 4],
    [
      '{ "hosts": { "list": [{ "host": "a" },\n{ "host": "b", "\\u0068ost": "c" }] } }',
      'hosts.list.1.host',
      2,
      2,
    ],
    ['{ "__proto__": 1,\n"__proto__": 2 }', '__proto__', 1, 2],
  ])('%j has a key twice', (text, path, first, second) => {
    const message = `c has ${path} twice, in lines ${first} and ${second}`;
    expect(() => parseConfig('c', text)).toThrow(
      expect.objectContaining({ message, code: 'config-duplicate', exitCode: 2, hint: 'remove one of them' }),
    );
  });

  test.each([5000, 200_000])('%i nested brackets are refused with their place', (depth) => {
    for (const text of [
      `{ "logs":\n${'['.repeat(depth)}${']'.repeat(depth)} }`,
      `{ "logs":\n${'{"a":'.repeat(depth)}`,
      `{ "logs":\n${'['.repeat(depth)}`,
    ])
      expect(() => parseConfig('c', text)).toThrow(
        expect.objectContaining({
          message: expect.stringMatching(/^c is nested too deeply at line 2, column \d+: /),
          exitCode: 2,
        }),
      );
  });

  test('brackets in texts and comments do not count', () => {
    const many = '['.repeat(100);
    expect(parseConfig('c', `{ "block": "${many}" } // ${many}`)).toEqual({ block: many });
  });

  test.each(['[]', '4', '"N"', 'null'])('%s holds no settings', (text) => {
    expect(() => parseConfig('c', text)).toThrow('c must hold one JSON object, like { "N": 4 }');
  });

  const outcome = (text: string): unknown => {
    try {
      return parseConfig('c', text);
    } catch (error) {
      return error;
    }
  };

  test('any JSON object is read as JSON.parse would', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (content) => {
        const text = JSON.stringify(content);
        expect(JSON.stringify(parseConfig('c', text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 200 },
    );
  });

  test('any other text is a usage error', () => {
    const text = fc.oneof(fc.string(), fc.json()).filter((text) => !/^\s*\{/.test(text));
    fc.assert(
      fc.property(text, (text) => {
        expect(outcome(text)).toBeInstanceOf(UsageError);
      }),
      { numRuns: 200, examples: [['{'], ['{}{'], ['/* { */']] },
    );
  });
});

describe('the file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cnd-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('that is named has to be there', async () => {
    const path = join(folder, 'mine.json');
    await expect(readConfigFile(path)).rejects.toMatchObject({
      code: 'config-unreadable',
      exitCode: 2,
      about: path,
      hint: expect.stringContaining('--config'),
    });
    mkdirSync(path);
    await expect(readConfigFile(path)).rejects.toMatchObject({ code: 'config-unreadable' });
  });

  test('is read, with the folder that its paths are relative to', async () => {
    const path = join(folder, 'mine.json');
    writeFileSync(path, '{ "N": 4 }');
    expect(await readConfigFile(path)).toEqual({ path, directory: folder, content: { N: 4 } });
  });

  test('may be a pipe, whose writer may come later', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reading = readConfigFile(path);
    execFileSync('sh', ['-c', 'echo "{ \\"N\\": 4 }" > "$1"', 'sh', path]);
    expect(await reading).toMatchObject({ content: { N: 4 } });
  });

  test.each([
    ['a pipe that nobody writes to', 'mkfifo "$1"', 'no answer for 5 s'],
    ['a device', 'ln -s /dev/zero "$1"', 'neither a file nor a pipe'],
    ['a file without end', 'truncate -s 1G "$1"', 'longer than 1048576 bytes'],
  ])('that is %s is refused', { timeout: 20_000 }, async (_, make, words) => {
    const path = join(folder, 'mine.json');
    execFileSync('sh', ['-c', make, 'sh', path]);
    await expect(readConfigFile(path)).rejects.toMatchObject({
      code: 'config-unreadable',
      exitCode: 2,
      message: expect.stringContaining(words),
    });
  });

  test('that is not named may be missing', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await readConfigFile()).toBeUndefined();
      writeFileSync('cnd.config.json', '{ "T": 5 }');
      expect(await readConfigFile()).toMatchObject({ path: 'cnd.config.json', content: { T: 5 } });
    } finally {
      process.chdir(before);
    }
  });
});

describe('a file that just lies in the directory', () => {
  let before: string;
  let folder: string;
  beforeEach(() => {
    before = process.cwd();
    folder = mkdtempSync(join(tmpdir(), 'cnd-config-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });

  test.runIf(process.getuid?.() === 0)('must belong to this user, root or who became root', async () => {
    writeFileSync('cnd.config.json', '{ "N": 4 }');
    chownSync('cnd.config.json', 65_534, 65_534);
    await expect(readConfigFile(undefined, {})).rejects.toMatchObject({
      code: 'config-unsafe',
      exitCode: 2,
      hint: 'if you trust it: --config cnd.config.json',
    });
    expect((await readConfigFile('cnd.config.json', {}))?.content).toEqual({ N: 4 });
    expect((await readConfigFile(undefined, { SUDO_UID: '65534' }))?.content).toEqual({ N: 4 });
    chownSync('cnd.config.json', 0, 0);
    expect((await readConfigFile(undefined, {}))?.content).toEqual({ N: 4 });
  });

  test('is no link that leads nowhere', async () => {
    symlinkSync('nowhere', 'cnd.config.json');
    await expect(readConfigFile(undefined, {})).rejects.toMatchObject({ code: 'config-unreadable' });
    rmSync('cnd.config.json');
    expect(await readConfigFile(undefined, {})).toBeUndefined();
  });
});
