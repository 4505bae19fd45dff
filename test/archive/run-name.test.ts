import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryArchive } from '../../src/archive/directory.ts';
import { resolveRun } from '../../src/archive/run-name.ts';

let folder: string;
let archive: DirectoryArchive;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-logs-'));
  archive = new DirectoryArchive(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const keep = (...runs: string[]): void => runs.forEach((run) => mkdirSync(join(folder, run)));
const refused = (given: string) => resolveRun(archive, given).then(String, (error: unknown) => error);

test('a run is named by its id, a unique beginning, or last', async () => {
  keep('20261119-235959-zzzz', '20261120-081103-x7k2', '20261120-081103-x7k3');
  expect(await resolveRun(archive, '20261120-081103-x7k2')).toBe('20261120-081103-x7k2');
  expect(await resolveRun(archive, '20261119')).toBe('20261119-235959-zzzz');
  expect(await resolveRun(archive, 'last')).toBe('20261120-081103-x7k3');
});

test('a beginning of several names them', async () => {
  keep('20261120-081103-x7k2', '20261120-081103-x7k3');
  expect(await refused('2026')).toMatchObject({
    exitCode: 2,
    code: 'ambiguous-run',
    message: "several runs begin with '2026': 20261120-081103-x7k3, 20261120-081103-x7k2",
  });
});

test('of many only a few are named', async () => {
  keep(...'abcdefgh'.split('').map((letter) => `20261120-081103-aaa${letter}`));
  const error = (await refused('20261120')) as Error;
  expect(error.message).toMatch(/aaah, .*aaad, …$/);
});

test.each(['nothing', '', '../', '20271120', '2026\u001B[2J'])('%j is no run', async (given) => {
  keep('20261120-081103-x7k2');
  const error = (await refused(given)) as Error;
  expect(error).toMatchObject({
    exitCode: 2,
    code: 'unknown-run',
    hint: expect.stringContaining('cnd logs ls'),
  });
  expect(error.message).not.toContain('\u001B');
});

test('an empty archive says so', async () => {
  expect(await refused('last')).toMatchObject({ code: 'no-runs', exitCode: 2 });
  expect(await refused('2026')).toMatchObject({
    code: 'no-runs',
    hint: expect.stringContaining('cnd start'),
  });
});
