import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ZipEntry, zip } from '../../src/session/zip.ts';
import { python } from '../helper/kernel.ts';

/** What Python's zipfile finds in an archive, having checked all of it: name and content in hex. */
const read = `import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    print(json.dumps([[name, archive.read(name).hex()] for name in archive.namelist()]))`;

it('holds files as they are, in their order', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-zip-'));
  const path = join(directory, 'a.zip');
  const entry: fc.Arbitrary<ZipEntry> = fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9_.]{0,40}$/),
    content: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  });
  try {
    fc.assert(
      fc.property(fc.uniqueArray(entry, { maxLength: 8, selector: ({ name }) => name }), (entries) => {
        writeFileSync(path, zip(entries));
        const found: unknown = JSON.parse(execFileSync(python, ['-c', read, path], { encoding: 'utf8' }));
        expect(found).toEqual(entries.map(({ name, content }) => [name, content.toString('hex')]));
        expect(zip(entries).equals(zip(entries))).toBe(true);
      }),
      { numRuns: 10 },
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
