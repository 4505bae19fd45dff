import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive, RunFilter } from '../../src/archive/archive.ts';
import { parseIndexName } from '../../src/archive/index/name.ts';
import { summaries } from '../../src/archive/index/listing.ts';
import { requireRunId } from '../../src/run-id.ts';
import { collect } from '../helper/collect.ts';

/** An empty archive, and the way to put something there behind its back. */
export interface ArchiveHarness {
  readonly archive: Archive;
  readonly plant: (run: string, name: string, content: string) => Promise<void>;
}

/** What every archive promises. */
export function describeArchive(name: string, make: () => Promise<ArchiveHarness>): void {
  describe(`archive ${name}`, () => {
    const older = '20261119-235959-zzzz';
    const newer = '20261120-081103-x7k2';
    let archive: Archive;
    let plant: ArchiveHarness['plant'];
    let folder: string;

    beforeEach(async () => {
      ({ archive, plant } = await make());
      folder = await mkdtemp(join(tmpdir(), 'cnd-archive-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const file = async (content: string | Buffer): Promise<string> => {
      const path = join(folder, 'source');
      await writeFile(path, content);
      return path;
    };
    const runs = (filter?: RunFilter): Promise<string[]> => collect(archive.runs(filter));
    const read = async (run: string, entry: string): Promise<string> => text(await archive.open(run, entry));

    test('what is stored is read again, byte for byte', async () => {
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) & 0xff));
      await archive.probe();
      await archive.store(newer, 'Instance0.log.gz', await file(bytes));
      expect(await buffer(await archive.open(newer, 'Instance0.log.gz'))).toEqual(bytes);
      expect(await archive.entries(newer)).toEqual([{ name: 'Instance0.log.gz', bytes: 100_000 }]);
    });

    test('an empty file is kept as one', async () => {
      await archive.store(newer, 'Instance0.log.gz', await file(''));
      expect(await archive.entries(newer)).toEqual([{ name: 'Instance0.log.gz', bytes: 0 }]);
      expect(await read(newer, 'Instance0.log.gz')).toBe('');
    });

    test('storing again replaces', async () => {
      await archive.store(newer, 'run.json', await file('{"outcome":null}'));
      await archive.store(newer, 'run.json', await file('{}'));
      expect(await read(newer, 'run.json')).toBe('{}');
      expect(await archive.entries(newer)).toHaveLength(1);
    });

    test('of all that claim a name exactly one does, and what it says is kept', async () => {
      const texts = Array.from({ length: 6 }, (_, index) => `{"by":${index}}`);
      const claimed = await Promise.all(texts.map((each) => archive.claim(newer, 'resumed-1.json', each)));
      expect(claimed.filter((one) => one)).toHaveLength(1);
      expect(await read(newer, 'resumed-1.json')).toBe(texts[claimed.indexOf(true)]);
      expect(await archive.claim(newer, 'resumed-1.json', 'later')).toBe(false);
      expect(await archive.claim(newer, 'resumed-2.json', 'later')).toBe(true);
      expect((await archive.entries(newer)).map((entry) => entry.name)).toEqual([
        'resumed-1.json',
        'resumed-2.json',
      ]);
      await expect(archive.claim(newer, '../escaped', '')).rejects.toThrow(/cannot be the name/);
      expect(await archive.remove(newer)).toEqual([]);
      expect(await archive.entries(newer)).toEqual([]);
    });

    test('storing that was given up stores nothing', async () => {
      const signal = AbortSignal.abort(new Error('no time left'));
      const storing = archive.store(newer, 'run.json', await file('{}'), { signal });
      await expect(storing).rejects.toThrow('no time left');
      expect(await archive.entries(newer)).toEqual([]);
    });

    test('a reader may leave before the end', async () => {
      await archive.store(newer, 'events.ndjson', await file(Buffer.alloc(1_000_000)));
      const stream = await archive.open(newer, 'events.ndjson');
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        expect(chunk.length).toBeLessThan(1_000_000);
        break;
      }
      expect(stream.destroyed).toBe(true);
    });

    test('runs are listed newest first, entries by name', async () => {
      expect(await runs()).toEqual([]);
      for (const run of [older, newer]) {
        for (const entry of ['run.json', 'Instance1.log.gz'])
          await archive.store(run, entry, await file(entry));
      }
      expect(await runs()).toEqual([newer, older]);
      const names = (await archive.entries(older)).map((entry) => entry.name);
      expect(names).toEqual(['Instance1.log.gz', 'run.json']);
    });

    test('runs are filtered by prefix and by time, to the second', async () => {
      for (const run of [older, newer]) await archive.store(run, 'run.json', await file('{}'));
      expect(await runs({ prefix: '20261119' })).toEqual([older]);
      expect(await runs({ prefix: newer })).toEqual([newer]);
      expect(await runs({ prefix: '2027' })).toEqual([]);
      expect(await runs({ since: new Date('2026-11-20T08:11:03.999Z') })).toEqual([newer]);
      expect(await runs({ since: new Date('2026-11-20T08:11:04Z') })).toEqual([]);
      expect(await runs({ until: new Date('2026-11-19T23:59:59Z') })).toEqual([older]);
      expect(await runs({ until: new Date('2026-11-19T23:59:58Z') })).toEqual([]);
    });

    test('a record that is stored is in the index until the run is removed, newest first', async () => {
      const record = (run: string, outcome: string): string => {
        const startedAt = `${run.slice(0, 4)}-${run.slice(4, 6)}-${run.slice(6, 8)}T08:00:00.000Z`;
        const config = {
          N: 1,
          T: 9,
          fleet: 'local',
          puzzle: { scheme: 'hex-chain', block: 'x', difficulty: 2 },
        };
        return JSON.stringify({ run, startedAt, config, ended: { outcome, exitCode: 0, elapsed: 1 } });
      };
      const indexed = async (filter: RunFilter = {}): Promise<(string | undefined)[]> => {
        const names = await collect(archive.index.names(filter));
        return names.map((entry) => parseIndexName(entry)?.record.ended?.outcome);
      };
      expect(await indexed()).toEqual([]);
      await archive.store(older, 'run.json', await file(record(older, 'found')));
      await archive.store(newer, 'run.json', await file(record(newer, 'failed')));
      expect(await indexed()).toEqual(['failed', 'found']);
      expect(await indexed({ prefix: '20261119' })).toEqual(['found']);
      expect(await indexed({ since: new Date('2026-11-20T08:11:03.500Z') })).toEqual(['failed']);
      expect(await indexed({ until: new Date('2026-11-20T08:11:02Z') })).toEqual(['found']);
      expect(await indexed({ before: requireRunId(newer) })).toEqual(['found']);
      expect(await indexed({ notBefore: requireRunId(newer) })).toEqual(['failed']);
      expect(await runs()).toEqual([newer, older]);
      expect(await runs({ before: requireRunId(newer) })).toEqual([older]);
      expect(await runs({ notBefore: requireRunId(newer) })).toEqual([newer]);
      // Stored again, as after an upload that was cut short: one entry, of what is there now.
      await archive.store(newer, 'run.json', await file(record(newer, 'time-limit')));
      expect(await indexed()).toEqual(['time-limit', 'found']);
      await archive.remove(newer);
      expect(await indexed()).toEqual(['found']);
      await archive.remove(older);
      expect(await indexed()).toEqual([]);
      expect(await summaries(archive, {}, new Set())).toEqual([]);
    });

    test('removing a run leaves the others, and may be repeated', async () => {
      await archive.store(older, 'run.json', await file('{}'));
      await archive.store(newer, 'run.json', await file('{}'));
      expect(await archive.remove(older)).toEqual([]);
      expect(await archive.remove(older)).toEqual([]);
      expect(await runs()).toEqual([newer]);
      expect(await archive.entries(older)).toEqual([]);
    });

    test('what cnd did not store is listed with a run, and stays when the run is removed', async () => {
      for (const entry of ['run.json', 'Instance0.log.gz'])
        await archive.store(newer, entry, await file(entry));
      await plant(newer, 'notes.txt', 'notes.txt');
      expect((await archive.entries(newer)).map((entry) => entry.name)).toContain('notes.txt');
      expect(await archive.remove(newer)).toEqual(['notes.txt']);
      expect(await archive.entries(newer)).toEqual([{ name: 'notes.txt', bytes: 9 }]);
    });

    test('names that could leave the archive, and others that cnd does not give, are refused', async () => {
      const source = await file('x');
      for (const odd of [
        'notes.txt',
        'Instance00.log.gz',
        'Instance99999999.log.gz',
        'run.json/',
        '.run.json.part',
      ])
        await expect(archive.store(newer, odd, source)).rejects.toThrow(/cannot be the name/);
      await plant(newer, 'notes.txt', 'x');
      await expect(archive.open(newer, 'notes.txt')).rejects.toThrow(/cannot be the name/);
      await expect(archive.store(newer, '../escape', source)).rejects.toThrow(/cannot be the name/);
      await expect(archive.store('../..', 'run.json', source)).rejects.toThrow(/cannot be the name/);
      await expect(archive.open(newer, '../../etc/passwd')).rejects.toThrow(/cannot be the name/);
      await expect(archive.entries('..')).rejects.toThrow(/not a run id/);
      await expect(archive.remove('..')).rejects.toThrow(/not a run id/);
    });

    test('an entry that is not there is an error that says what to do', async () => {
      await expect(archive.open(newer, 'run.json')).rejects.toMatchObject({ code: 'archive-no-entry' });
    });
  });
}
