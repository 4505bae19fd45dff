import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive } from '../../src/archive/archive.ts';
import { DirectoryArchive } from '../../src/archive/directory.ts';
import { SpooledArchive, unstoredRuns } from '../../src/archive/spooled.ts';
import { CndError } from '../../src/error.ts';
import { collect } from '../helper/collect.ts';

const [newest, middle, oldest] = ['20261122-000000-cccc', '20261121-000000-bbbb', '20261120-000000-aaaa'];

let folder: string;
let archive: SpooledArchive;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-spool-'));
  archive = new SpooledArchive(place('there'), place('here'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const place = (name: string): Archive => new DirectoryArchive(join(folder, name));
function put(where: 'here' | 'there', run: string, name: string, content = where): void {
  mkdirSync(join(folder, where, run), { recursive: true });
  writeFileSync(join(folder, where, run, name), content);
}

/** An archive that nobody can reach. */
const unreachable = (): Archive => {
  const fail = (): Promise<never> => Promise.reject(new CndError('aws-unreachable', 'AWS cannot be reached'));
  const runs: Archive['runs'] = async function* () {
    yield await fail();
  };
  const names: Archive['index']['names'] = runs;
  return {
    name: 'far',
    index: { names, add: fail, drop: fail, stamp: fail },
    location: () => 'far',
    probe: fail,
    store: fail,
    claim: fail,
    runs,
    entries: fail,
    open: fail,
    remove: fail,
  };
};

test('runs of both are listed as one, newest first, each once', async () => {
  put('here', newest, 'run.json');
  put('there', middle, 'run.json');
  put('here', middle, 'run.json');
  put('here', oldest, 'run.json');
  expect(await collect(archive.runs())).toEqual([newest, middle, oldest]);
  expect(await collect(archive.runs({ prefix: '20261121' }))).toEqual([middle]);
  expect(await collect(archive.runs({ until: new Date('2026-11-20T12:00:00Z') }))).toEqual([oldest]);
});

test('a folder with nothing of a run in it is no run that waits', async () => {
  put('here', newest, 'notes.txt');
  put('here', oldest, 'run.json');
  expect(await unstoredRuns(place('here'))).toEqual([oldest]);
  expect(await collect(archive.runs())).toEqual([oldest]);
});

test('what is here is read first, and what is not from there', async () => {
  put('here', newest, 'run.json');
  put('there', newest, 'run.json');
  put('there', newest, 'Instance0.log.gz');
  expect((await archive.entries(newest)).map(({ name }) => name)).toEqual(['Instance0.log.gz', 'run.json']);
  expect(await text(await archive.open(newest, 'run.json'))).toBe('here');
  expect(await text(await archive.open(newest, 'Instance0.log.gz'))).toBe('there');
});

test('what is stored is stored there', async () => {
  put('here', newest, 'run.json');
  await archive.store(newest, 'run.json', join(folder, 'here', newest, 'run.json'));
  expect(readdirSync(join(folder, 'there', newest))).toEqual(['run.json']);
  expect(archive.location(newest)).toBe(join(folder, 'there', newest));
});

test('removing a run removes both copies, and names what stays here by its path', async () => {
  for (const where of ['here', 'there'] as const) put(where, newest, 'run.json');
  put('here', newest, 'mine.txt');
  put('there', newest, 'theirs.txt');
  expect(await archive.remove(newest)).toEqual(['theirs.txt', join(folder, 'here', newest, 'mine.txt')]);
  expect(readdirSync(join(folder, 'here', newest))).toEqual(['mine.txt']);
  expect(readdirSync(join(folder, 'there', newest))).toEqual(['theirs.txt']);
});

test('a run that is here can be read by its id while there is out of reach; nothing else is told as if all were well', async () => {
  put('here', newest, 'run.json');
  const cut = new SpooledArchive(unreachable(), place('here'));
  expect(await collect(cut.runs({ prefix: newest }))).toEqual([newest]);
  // What is here may not be all, which nobody is left to guess.
  await expect(cut.entries(newest)).rejects.toThrow(/cannot be reached/);
  const unseen: unknown[] = [];
  expect(await cut.entries(newest, (error) => unseen.push(error))).toHaveLength(1);
  expect(unseen).toMatchObject([{ code: 'aws-unreachable' }]);
  expect(await text(await cut.open(newest, 'run.json'))).toBe('here');
  await expect(cut.entries(oldest)).rejects.toThrow(/cannot be reached/);
  await expect(collect(cut.runs())).rejects.toThrow(/cannot be reached/);
  await expect(cut.remove(newest)).rejects.toThrow(/cannot be reached/);
  expect(readdirSync(join(folder, 'here', newest))).toEqual(['run.json']);
});
