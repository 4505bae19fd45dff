import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  readFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryArchive } from '../../src/archive/directory.ts';
import { logsWarning, makeRunFolder } from '../../src/archive/directory-probe.ts';
import { collect } from '../helper/collect.ts';

const run = '20261120-081103-x7k2';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file in the place of the directory is refused before anything is launched', async () => {
  writeFileSync(join(folder, 'logs'), '');
  await expect(new DirectoryArchive(join(folder, 'logs')).probe()).rejects.toMatchObject({
    exitCode: 2,
    about: 'logs.directory',
  });
});

test('the probe leaves nothing, and makes no folder', async () => {
  await new DirectoryArchive(join(folder, 'some', 'logs')).probe();
  expect(readdirSync(folder)).toEqual([]);
  mkdirSync(join(folder, 'some', 'logs'), { recursive: true });
  await new DirectoryArchive(join(folder, 'some', 'logs')).probe();
  expect(readdirSync(folder, { recursive: true })).toEqual(['some', 'some/logs']);
});

test('links that another user has planted are neither written through nor read', async () => {
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'precious');
  const logs = join(folder, 'logs');
  mkdirSync(join(logs, run), { recursive: true });
  writeFileSync(join(folder, 'record'), '{}');
  symlinkSync(victim, join(logs, `.probe-${process.pid}`));
  symlinkSync(victim, join(logs, run, 'run.json.part'));
  symlinkSync(victim, join(logs, run, 'run.json'));
  symlinkSync(victim, join(logs, run, 'Instance0.log.gz'));
  const archive = new DirectoryArchive(logs);
  await archive.probe();
  await archive.store(run, 'run.json', join(folder, 'record'));
  expect(readFileSync(victim, 'utf8')).toBe('precious');
  expect(readFileSync(join(logs, run, 'run.json'), 'utf8')).toBe('{}');
  await expect(archive.open(run, 'Instance0.log.gz')).rejects.toMatchObject({ code: 'archive-unreadable' });
});

test('the folder of a run is new, or it is refused', async () => {
  await makeRunFolder(join(folder, 'logs'), run);
  await expect(makeRunFolder(join(folder, 'logs'), run)).rejects.toMatchObject({ exitCode: 2 });
  await expect(makeRunFolder(folder, '../victim')).rejects.toMatchObject({ code: 'bad-run-id' });
});

test('a logs directory that others can write is warned about', async () => {
  expect(await logsWarning(folder)).toBeUndefined();
  expect(await logsWarning(join(folder, 'none'))).toBeUndefined();
  chmodSync(folder, 0o777);
  expect(await logsWarning(folder)).toContain('is writable by other users');
});

test('foreign folders and files are not runs, and are named', async () => {
  mkdirSync(join(folder, 'holiday-photos'));
  mkdirSync(join(folder, run));
  writeFileSync(join(folder, '20261120-081103-aaaa'), 'a file with the name of a run');
  symlinkSync(tmpdir(), join(folder, '20261120-081103-bbbb'));
  writeFileSync(join(folder, '.gitignore'), '*');
  const foreign: string[] = [];
  const archive = new DirectoryArchive(folder);
  expect(await collect(archive.runs({ foreign: (name) => foreign.push(name) }))).toEqual([run]);
  expect(foreign.toSorted()).toEqual(['20261120-081103-aaaa', '20261120-081103-bbbb', 'holiday-photos']);
});

test('what a killed run left half-written is no entry, and is removed with the run', async () => {
  mkdirSync(join(folder, run));
  for (const name of ['run.json', 'run.json.part']) writeFileSync(join(folder, run, name), '{}');
  const archive = new DirectoryArchive(folder);
  expect((await archive.entries(run)).map(({ name }) => name)).toEqual(['run.json']);
  expect(await archive.remove(run)).toEqual([]);
  expect(existsSync(join(folder, run))).toBe(false);
});

test('folders in a run are never removed', async () => {
  mkdirSync(join(folder, run, 'Instance0.log.gz'), { recursive: true });
  expect(await new DirectoryArchive(folder).remove(run)).toEqual(['Instance0.log.gz']);
});

test('an archive that is no directory is an error that names it', async () => {
  writeFileSync(join(folder, 'logs'), '');
  const listing = collect(new DirectoryArchive(join(folder, 'logs')).runs());
  await expect(listing).rejects.toMatchObject({ code: 'archive-unreadable', about: 'logs.directory' });
});

const mayMount = process.getuid?.() === 0 && existsSync('/usr/bin/mount');
if (!mayMount) console.warn('skipped: a full logs directory needs root and mount'); // oxlint-disable-line no-console

test.skipIf(!mayMount && !process.env['CI'])('a full disk is refused, and leaves no trace', async () => {
  const mount = join(folder, 'full');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=9m', 'tmpfs', mount]);
  try {
    const archive = new DirectoryArchive(mount);
    await archive.probe();
    writeFileSync(join(mount, 'ballast'), Buffer.alloc(8 * 1024 * 1024));
    await expect(archive.probe()).rejects.toMatchObject({ exitCode: 2, code: 'logs-full' });
    expect(readdirSync(mount)).toEqual(['ballast']);
  } finally {
    execFileSync('umount', [mount]);
  }
});

test('a run is where people are told it is, and a file that is there already stays what it is', async () => {
  const archive = new DirectoryArchive(folder);
  mkdirSync(archive.location(run));
  const path = join(archive.location(run), 'run.json');
  expect(path).toBe(join(folder, run, 'run.json'));
  writeFileSync(path, '{}');
  await archive.store(run, 'run.json', path);
  expect(readFileSync(join(archive.location(run), 'run.json'), 'utf8')).toBe('{}');
});

test('what was stored in part is no entry, and a failed replacement keeps the earlier one', async () => {
  const archive = new DirectoryArchive(folder);
  const source = join(folder, 'source');
  writeFileSync(source, 'first');
  await archive.store(run, 'run.json', source);
  writeFileSync(join(archive.location(run), 'events.ndjson.part'), 'torn');
  await expect(archive.store(run, 'run.json', join(folder, 'missing'))).rejects.toMatchObject({
    code: 'ENOENT',
  });
  expect(await archive.entries(run)).toEqual([{ name: 'run.json', bytes: 5 }]);
  expect(readFileSync(join(archive.location(run), 'run.json'), 'utf8')).toBe('first');
});

test('a directory behind a link that leads nowhere is not an empty archive', async () => {
  symlinkSync(join(folder, 'unmounted'), join(folder, 'link'));
  for (const path of [join(folder, 'link'), join(folder, 'link', 'logs')]) {
    const cut = new DirectoryArchive(path);
    await expect(collect(cut.runs())).rejects.toThrow(/its path contains a dangling symbolic link/);
    await expect(cut.entries(run)).rejects.toThrow(/its path contains a dangling symbolic link/);
  }
});
