import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createFile,
  isPartialName,
  makeDirectory,
  readNamedFileSync,
  readTextFile,
  replaceFile,
  replaceFileWith,
  umaskMode,
} from '../src/file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnd-file-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('a file is replaced whole, for this user alone, and nothing else is left', async () => {
  const path = join(folder, 'record');
  await writeFile(path, 'old', { mode: 0o644 });
  await replaceFile(path, 'new', { sync: true });
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await modeOf(path)).toBe(0o600);
  expect(await readdir(folder)).toEqual(['record']);
});

test('what somebody asked for follows the umask', async () => {
  const before = process.umask(0o027);
  try {
    await replaceFile(join(folder, 'copy'), 'text', { mode: umaskMode });
    expect(await modeOf(join(folder, 'copy'))).toBe(0o640);
  } finally {
    process.umask(before);
  }
});

test('a link that was planted is replaced, and its target left alone', async () => {
  const victim = join(folder, 'victim');
  await writeFile(victim, 'precious');
  await symlink(victim, join(folder, 'record'));
  await replaceFile(join(folder, 'record'), 'new');
  expect(await readFile(victim, 'utf8')).toBe('precious');
  expect(await readFile(join(folder, 'record'), 'utf8')).toBe('new');
});

test('content that fails half-way leaves what was there, and no part of it', async () => {
  const path = join(folder, 'record');
  await writeFile(path, 'old');
  const failing = replaceFileWith(path, async (file) => {
    await file.write('half');
    expect((await readdir(folder)).filter(isPartialName)).toHaveLength(1);
    throw new Error('torn');
  });
  await expect(failing).rejects.toThrow('torn');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['record']);
});

test('a new file is refused where anything has its name, even a link that leads nowhere', async () => {
  await symlink(join(folder, 'nowhere'), join(folder, 'journal'));
  await expect(createFile(join(folder, 'journal'))).rejects.toMatchObject({ code: 'EEXIST' });
  const file = await createFile(join(folder, 'other'));
  await file.writeFile('a line');
  await file.close();
  expect(await readFile(join(folder, 'other'), 'utf8')).toBe('a line');
  expect(await modeOf(join(folder, 'other'))).toBe(0o600);
});

test('only a regular file of bounded size is read', async () => {
  const path = join(folder, 'file');
  await writeFile(path, '0123456789');
  expect(await readTextFile(path)).toBe('0123456789');
  await expect(readTextFile(path, { limit: 9 })).rejects.toThrow('has 10 bytes, more than 9');
  await expect(readTextFile(path, { owners: [4711] })).rejects.toThrow('belongs to another user');
  await symlink(path, join(folder, 'link'));
  await expect(readTextFile(join(folder, 'link'))).rejects.toMatchObject({ code: 'ELOOP' });
  expect(await readTextFile(join(folder, 'link'), { follow: true })).toBe('0123456789');
  // Neither waits for a writer nor reads for ever.
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(readTextFile(join(folder, 'pipe'))).rejects.toThrow('not a regular file');
  await expect(readTextFile('/dev/zero')).rejects.toThrow('not a regular file');
  expect(() => readNamedFileSync(join(folder, 'pipe'))).toThrow('not a regular file');
  expect(() => readNamedFileSync('/dev/zero')).toThrow('not a regular file');
  expect(() => readNamedFileSync(folder)).toThrow('not a regular file');
  expect(() => readNamedFileSync(path, { limit: 9 })).toThrow('has 10 bytes, more than 9');
  expect(readNamedFileSync(join(folder, 'link'))).toBe('0123456789');
  // Of a gigabyte nothing is read.
  await truncate(path, 2 ** 30);
  expect(() => readNamedFileSync(path)).toThrow('has 1073741824 bytes, more than 16777216');
});

test.runIf(process.platform === 'linux')('a file is read to its end, whatever its size says', async () => {
  const status = /^Name:\s+\S+/;
  expect(await readTextFile('/proc/self/status')).toMatch(status);
  expect(readNamedFileSync('/proc/self/status')).toMatch(status);
  expect(() => readNamedFileSync('/proc/self/status', { limit: 9 })).toThrow('has more than 9 bytes');
});

test('a directory is made with all above it, or said not to be possible, without an end to wait for', async () => {
  await makeDirectory(join(folder, 'a', 'b'), 0o700);
  await makeDirectory(join(folder, 'a', 'b'), 0o700);
  expect(await modeOf(join(folder, 'a'))).toBe(0o700);
  await expect(makeDirectory('/proc/cnd/state')).rejects.toMatchObject({ code: 'ENOENT' });
  await writeFile(join(folder, 'file'), '');
  await expect(makeDirectory(join(folder, 'file'))).rejects.toThrow('is not a directory');
  await expect(makeDirectory(join(folder, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
  await expect(makeDirectory(join(folder, 'dangling'))).rejects.toThrow('dangling symbolic link');
  await mkdir(join(folder, 'real'));
  await symlink(join(folder, 'real'), join(folder, 'good'));
  await makeDirectory(join(folder, 'good', 'c'));
  expect(await readdir(join(folder, 'real'))).toEqual(['c']);
});
