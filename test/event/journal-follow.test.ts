import { appendFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followFile } from '../../src/event/journal-follow.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-follow-'));
  path = join(folder, 'events.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const { signal: never } = new AbortController();

test('whatever pieces it is written in, and torn anywhere, all of it comes, also from before it is there', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
  const text = fc.string({ unit: 'grapheme', maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, pieces, async (words, cuts) => {
      rmSync(path, { force: true });
      // The pieces' lengths alone count: they cut characters of several bytes anywhere.
      const bytes = Buffer.from(words);
      const writes: Buffer[] = [];
      let at = 0;
      for (const { length } of cuts) writes.push(bytes.subarray(at, (at += length)));
      writes.push(bytes.subarray(at));
      let read = '';
      const isOver = (): Promise<boolean> => {
        const next = writes.shift();
        if (next) appendFileSync(path, next);
        return Promise.resolve(writes.length === 0);
      };
      for await (const piece of followFile(path, isOver, never)) read += piece;
      expect(read).toBe(bytes.toString());
    }),
    { numRuns: 8 },
  );
}, 60_000);

test('what is written between the last look and the end of the writer is read', async () => {
  writeFileSync(path, 'one\n');
  let read = '';
  const isOver = (): Promise<boolean> => {
    appendFileSync(path, 'two\n');
    return Promise.resolve(true);
  };
  for await (const piece of followFile(path, isOver, never)) read += piece;
  expect(read).toBe('one\ntwo\n');
});

test('it ends when the signal aborts, and a file that is removed is read on', async () => {
  writeFileSync(path, 'one\n');
  const leaving = new AbortController();
  let read = '';
  for await (const piece of followFile(path, () => Promise.resolve(false), leaving.signal)) {
    read += piece;
    rmSync(path, { force: true });
    void delay(250).then(() => leaving.abort());
  }
  expect(read).toBe('one\n');
});

test('a planted link is not followed', async () => {
  writeFileSync(join(folder, 'other'), 'secret');
  symlinkSync(join(folder, 'other'), path);
  await expect(followFile(path, () => Promise.resolve(true), never).next()).rejects.toThrow(/ELOOP/);
});
