import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { journalName } from '../../src/event/file-name.ts';
import { Journal, journalInterval } from '../../src/event/journal.ts';
import { eachEvent, fieldsOfEach, stamped } from '../view/example.ts';

let folder: string;
let path: string;
const failures: Error[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-journal-'));
  path = join(folder, journalName);
  failures.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const journal = (at = path): Journal => new Journal(at, (error) => failures.push(error));
const kept = (): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line): Record<string, unknown> => JSON.parse(line));
const progress = (instance: number, seconds: number) =>
  stamped('instance.progress', { instance, hashes: seconds, rate: 1, residues: [] }, seconds);

test('keeps every event, one a line, for this user alone', async () => {
  const events = eachEvent('two\nlines');
  const it = journal();
  for (const event of events) it.show(event);
  await it.close();
  expect(kept()).toEqual(events);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(failures).toEqual([]);
});

test('progress is thinned as the run grows: a day of an instance is some hundred lines', async () => {
  expect([0, 60, 120, 660, 3660, 86_400].map(journalInterval)).toEqual([0, 0, 1, 10, 60, 1439]);
  const it = journal();
  it.show(stamped('launch.started', { instances: 2 }));
  for (let second = 1; second <= 86_400; second++) it.show(progress(0, second));
  it.show(progress(1, 86_400));
  it.show(stamped('run.progress', fieldsOfEach('')['run.progress'], 86_400));
  it.show(stamped('instance.idle', { instance: 0 }, 86_400));
  await it.close();
  const events = kept();
  const mine = events.filter(({ event, instance }) => event === 'instance.progress' && instance === 0);
  expect(mine.slice(0, 60).map(({ hashes }) => hashes)).toEqual(Array.from({ length: 60 }, (_, k) => k + 1));
  expect(mine.length).toBeGreaterThan(200);
  expect(mine.length).toBeLessThan(1000);
  // What is not about this instance's progress is not thinned by it.
  expect(events.slice(-3).map(({ event }) => event)).toEqual([
    'instance.progress',
    'run.progress',
    'instance.idle',
  ]);
});

test('one that cannot be written says so once and never throws', async () => {
  const reported = new Promise<void>((resolve) => {
    const it = new Journal(join(folder, 'missing', journalName), (error) => {
      failures.push(error);
      // What the run does with it: the warning comes back to the journal.
      it.show(stamped('warning', { message: error.message }));
      resolve();
    });
    for (const event of eachEvent()) it.show(event);
  });
  await reported;
  expect(failures).toMatchObject([{ code: 'ENOENT' }]);
});

test('one that cannot be written can be closed, at once and later', async () => {
  const it = journal(folder); // a folder is no file
  for (const event of eachEvent()) it.show(event);
  await it.close();
  await it.close();
  it.show(stamped('instance.idle', { instance: 0 }));
  expect(failures).toMatchObject([{ code: 'EISDIR' }]);
});

test('closing may be repeated, and what comes later is dropped', async () => {
  const it = journal();
  it.show(stamped('instance.idle', { instance: 0 }));
  const closing = Promise.all([it.close(), it.close()]);
  it.show(stamped('instance.idle', { instance: 2 }));
  await closing;
  it.show(stamped('instance.idle', { instance: 1 }));
  await it.close();
  expect(kept()).toMatchObject([{ instance: 0 }]);
  expect(failures).toEqual([]);
});
