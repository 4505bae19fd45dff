import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from '../../src/archive/archive.ts';

/** What every archive promises. `make` gives an empty one. */
export function describeArchive(name: string, make: () => Promise<Archive>): void {
  describe(`archive ${name}`, () => {
    const older = '20261119-235959-zzzz';
    const newer = '20261120-081103-x7k2';
    let archive: Archive;
    let folder: string;

    beforeEach(async () => {
      archive = await make();
      folder = await mkdtemp(join(tmpdir(), 'cnd-archive-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const file = async (content: string | Buffer): Promise<string> => {
      const path = join(folder, 'source');
      await writeFile(path, content);
      return path;
    };

    test('what is stored is read again, byte for byte', async () => {
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) & 0xff));
      await archive.probe(newer);
      await archive.store(newer, 'Instance0.log.gz', await file(bytes));
      expect(await archive.read(newer, 'Instance0.log.gz')).toEqual(bytes);
      expect(await archive.entries(newer)).toEqual([{ name: 'Instance0.log.gz', bytes: 100_000 }]);
    });

    test('storing again replaces', async () => {
      await archive.store(newer, 'run.json', await file('{"outcome":null}'));
      await archive.store(newer, 'run.json', await file('{}'));
      expect((await archive.read(newer, 'run.json')).toString()).toBe('{}');
      expect(await archive.entries(newer)).toHaveLength(1);
    });

    test('runs are listed newest first, entries by name', async () => {
      expect(await archive.runs()).toEqual([]);
      for (const run of [older, newer]) {
        for (const entry of ['run.json', 'Instance1.log.gz'])
          await archive.store(run, entry, await file(entry));
      }
      expect(await archive.runs()).toEqual([newer, older]);
      const names = (await archive.entries(older)).map((entry) => entry.name);
      expect(names).toEqual(['Instance1.log.gz', 'run.json']);
    });

    test('removing a run leaves the others, and may be repeated', async () => {
      await archive.store(older, 'run.json', await file('{}'));
      await archive.store(newer, 'run.json', await file('{}'));
      await archive.remove(older);
      await archive.remove(older);
      expect(await archive.runs()).toEqual([newer]);
      expect(await archive.entries(older)).toEqual([]);
    });

    test('names that could leave the archive are refused', async () => {
      const source = await file('x');
      await expect(archive.store(newer, '../escape', source)).rejects.toThrow(/cannot be the name/);
      await expect(archive.store('../..', 'run.json', source)).rejects.toThrow(/cannot be the name/);
      await expect(archive.remove('..')).rejects.toThrow(/not a run id/);
    });

    test('an entry that is not there is an error that says what to do', async () => {
      await expect(archive.read(newer, 'run.json')).rejects.toMatchObject({ code: 'archive-no-entry' });
    });
  });
}
