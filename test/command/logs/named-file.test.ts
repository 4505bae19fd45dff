import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UnsafeFile, createFile, umaskMode } from '../../../src/file.ts';
import { namedFileError, writeNamedFile } from '../../../src/command/logs/named-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnd-named-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('a pipe that somebody named is written to, not replaced', async () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const [text] = await Promise.all([readFile(path, 'utf8'), writeNamedFile(path, 'a page')]);
  expect(text).toBe('a page');
  expect((await stat(path)).isFIFO()).toBe(true);
  expect(await readdir(folder)).toEqual(['pipe']);
});

test('a file that somebody named is replaced whole, an open one by its number is refused', async () => {
  const path = join(folder, 'page');
  await writeNamedFile(path, 'old');
  await writeNamedFile(path, 'new');
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await modeOf(path)).toBe(umaskMode & ~process.umask());
  const file = await createFile(join(folder, 'open'));
  try {
    await expect(writeNamedFile(`/dev/fd/${file.fd}`, 'new')).rejects.toThrow('open already');
  } finally {
    await file.close();
  }
  await expect(writeNamedFile(folder, 'new')).rejects.toMatchObject({ code: 'EISDIR' });
});

test('a path that cannot be is a usage error, a disk that is full is none', async () => {
  const wrong = await writeNamedFile(join(folder, 'no/such/page'), '').catch((error: unknown) => error);
  const exitCode = (cause: unknown): number => namedFileError('x', 'it', { cause }).exitCode;
  expect([wrong, new UnsafeFile('it is open'), Object.assign(new Error(), { code: 'ENOSPC' })].map(exitCode)).toEqual([2, 2, 1]);
});
