import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunFilter } from '../../../src/archive/archive.ts';
import { DirectoryArchive } from '../../../src/archive/directory.ts';
import { type ListOptions, summaries, wholeSummaries } from '../../../src/archive/index/listing.ts';
import { indexFolder, indexName } from '../../../src/archive/index/name.ts';
import { SpooledArchive } from '../../../src/archive/spooled.ts';
import { parseRecordSummary } from '../../../src/event/record.ts';
import { type RunId, idBeginning, requireRunId } from '../../../src/run-id.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-index-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An archive that says whose records it has read. */
class Watched extends DirectoryArchive {
  readonly read: string[] = [];
  override open(run: string, name: string) {
    this.read.push(run);
    return super.open(run, name);
  }
}

const start = Date.parse('2026-11-20T08:00:00Z');
const id = (second: number): RunId => requireRunId(`${idBeginning(new Date(start + second * 1000))}-aaaa`);
const recordOf = (run: string, change: object = {}) => ({
  run,
  startedAt: `${run.slice(0, 4)}-${run.slice(4, 6)}-${run.slice(6, 8)}T${run.slice(9, 11)}:${run.slice(11, 13)}:${run.slice(13, 15)}.500Z`,
  config: { N: 2, T: 60, fleet: 'local', puzzle: { scheme: 'hex-chain', block: 'x', difficulty: 3 } },
  ended: { outcome: 'found', exitCode: 0, elapsed: 1.5, nonce: '116' },
  ...change,
});
function put(run: string, change: object = {}, root = folder): void {
  mkdirSync(join(root, run), { recursive: true });
  writeFileSync(join(root, run, 'run.json'), JSON.stringify(recordOf(run, change)));
}
const all = (seconds: number): RunId[] =>
  Array.from({ length: seconds }, (_, second) => id(second)).toReversed();
const entries = (): string[] =>
  existsSync(join(folder, indexFolder)) ? readdirSync(join(folder, indexFolder)) : [];

async function list(
  filter: RunFilter = {},
  options: ListOptions = {},
): Promise<{ runs: string[]; read: string[] }> {
  const archive = new Watched(folder);
  const runs = await summaries(archive, filter, new Set(), options);
  return { runs: runs.map(({ run }) => run), read: archive.read };
}

test('an archive without an index gets one, and then no record is read', async () => {
  for (const run of all(30)) put(run);
  const first = await list();
  expect(first.runs).toEqual(all(30));
  expect(first.read).toHaveLength(30);
  expect(entries()).toHaveLength(30);
  expect(await list()).toEqual({ runs: all(30), read: [] });
});

test('what the index says is what the record says', async () => {
  put(id(0));
  put(id(1), { ended: { outcome: 'failed', exitCode: 1, elapsed: 2, reason: 'nothing answered' } });
  const fromRecords = await summaries(new DirectoryArchive(folder), {}, new Set());
  expect(await summaries(new DirectoryArchive(folder), {}, new Set())).toEqual(fromRecords);
});

test('pages put together are the whole list, whatever the index lacks, and read no more than they show', async () => {
  for (const run of all(23)) put(run);
  // Half of the runs in the middle are in the index.
  await list({ since: new Date(start + 8000), until: new Date(start + 15_000) });
  expect(entries()).toHaveLength(8);
  const pages: string[] = [];
  let before: RunId | undefined;
  do {
    const { runs, read } = await list(before === undefined ? {} : { before }, { limit: 5 });
    expect(runs.length).toBeLessThanOrEqual(5);
    expect(read.length).toBeLessThanOrEqual(5);
    pages.push(...runs);
    before = runs.length === 5 ? requireRunId(runs.at(-1) ?? '') : undefined;
  } while (before !== undefined);
  expect(pages).toEqual(all(23));
});

test('a filter looks further until it has enough', async () => {
  for (const [index, run] of all(40).entries())
    put(run, index % 10 === 9 ? { ended: { outcome: 'failed', exitCode: 1, elapsed: 1 } } : {});
  const matches: ListOptions['matches'] = ({ status }) => status === 'failed';
  const expected = all(40).filter((_, index) => index % 10 === 9);
  expect((await list({}, { limit: 3, matches })).runs).toEqual(expected.slice(0, 3));
  expect((await list({}, { limit: 3, matches })).runs).toEqual(expected.slice(0, 3));
  expect((await list({}, { limit: 9, matches })).runs).toEqual(expected);
});

test('a record that was changed, also to one of the same length, is read again', async () => {
  put(id(0));
  await list();
  put(id(0), { ended: { outcome: 'found', exitCode: 0, elapsed: 1.5, nonce: '999' } });
  utimesSync(join(folder, id(0), 'run.json'), 1, 1);
  const [changed] = await summaries(new DirectoryArchive(folder), {}, new Set());
  expect(changed?.record?.ended?.nonce).toBe('999');
  expect(entries()).toHaveLength(1);
  expect((await list()).read).toEqual([]);
  rmSync(join(folder, id(0), 'run.json'));
  expect((await list()).runs).toEqual([]);
});

test('entries of runs that are gone are dropped, and so are those that contradict each other', async () => {
  for (const run of all(3)) put(run);
  await list();
  rmSync(join(folder, id(1)), { recursive: true });
  const other = parseRecordSummary(
    JSON.stringify(recordOf(id(2), { ended: { outcome: 'failed', exitCode: 1, elapsed: 9 } })),
  );
  const [, , stamp = ''] = entries().toSorted()[0]?.split('.') ?? [];
  const wrong = other && indexName(other, stamp);
  writeFileSync(join(folder, indexFolder, wrong ?? ''), '');
  expect(entries()).toHaveLength(4);
  expect(await list()).toEqual({ runs: [id(2), id(0)], read: [id(2)] });
  expect(entries()).toHaveLength(2);
  expect((await list()).read).toEqual([]);
});

test('what is no entry in its folder changes nothing', async () => {
  put(id(0));
  await list();
  for (const name of ['notes.txt', '.hidden', `${'x'.repeat(20)}.1..`])
    writeFileSync(join(folder, indexFolder, name), '');
  expect(await list()).toEqual({ runs: [id(0)], read: [] });
  expect(entries()).toHaveLength(4);
});

test('runs that have not ended are read every time, and never in the index', async () => {
  put(id(0), { ended: undefined });
  for (const _ of [1, 2]) expect(await list()).toEqual({ runs: [id(0)], read: [id(0)] });
  expect(entries()).toEqual([]);
});

test('a rebuild reads every record', async () => {
  for (const run of all(3)) put(run);
  await list();
  expect((await list({}, { isRebuild: true })).read.toSorted()).toEqual(all(3).toReversed());
  expect(entries()).toHaveLength(3);
});

test('runs that end at the same time are all in the index', async () => {
  for (const run of all(50)) put(run);
  await Promise.all(
    all(50).map((run) => new DirectoryArchive(folder).store(run, 'run.json', join(folder, run, 'run.json'))),
  );
  expect(await list()).toEqual({ runs: all(50), read: [] });
});

/** Nobody may write into the folder any more; gives what ends that. Root may in spite of its mode, but not into a read-only mount. */
function makeReadOnly(): () => void {
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o555);
    return () => chmodSync(folder, 0o755);
  }
  execFileSync('mount', ['--bind', folder, folder]);
  execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
  return () => void execFileSync('umount', [folder]);
}

test('for who may only read runs are listed all the same, and it is said why that takes as long every time', async () => {
  for (const run of all(2)) put(run);
  const end = makeReadOnly();
  try {
    const told: unknown[] = [];
    expect((await list({}, { onUnwritable: (error) => told.push(error) })).runs).toEqual(all(2));
    expect(told).toHaveLength(1);
  } finally {
    end();
  }
});

test('a run that is not fully uploaded is read where it is, and comes into the index with its upload', async () => {
  const archive = new SpooledArchive(
    new DirectoryArchive(join(folder, 'there')),
    new DirectoryArchive(join(folder, 'here')),
  );
  put(id(0), {}, join(folder, 'there'));
  put(id(1), {}, join(folder, 'here'));
  expect((await summaries(archive, {}, new Set())).map(({ run }) => run)).toEqual([id(1), id(0)]);
  expect(readdirSync(join(folder, 'there', indexFolder))).toHaveLength(1);
  expect(existsSync(join(folder, 'here', indexFolder))).toBe(false);
  await archive.store(id(1), 'run.json', join(folder, 'here', id(1), 'run.json'));
  expect(readdirSync(join(folder, 'there', indexFolder))).toHaveLength(2);
});

test('a block that is too long for a name is read from the record where it is asked for', async () => {
  const block = createHash('shake256', { outputLength: 300 }).update('block').digest('base64');
  put(id(0), {
    config: { N: 2, T: 60, fleet: 'local', puzzle: { scheme: 'hex-chain', block, difficulty: 3 } },
  });
  await list();
  const archive = new Watched(folder);
  const listed = await summaries(archive, {}, new Set());
  expect(listed).toMatchObject([{ isShortened: true, status: 'found', record: { ended: { nonce: '116' } } }]);
  expect(archive.read).toEqual([]);
  expect(await wholeSummaries(archive, listed, new Set())).toMatchObject([
    { record: { config: { puzzle: { block } } } },
  ]);
});
