import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { pbkdf2 } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { journalName } from '../../src/event/file-name.ts';
import { journalLines } from '../../src/event/journal-line.ts';
import { longestLine, parseEvent } from '../../src/event/journal-reader.ts';
import { Journal } from '../../src/event/journal.ts';
import { journalInterval } from '../../src/event/progress-selection.ts';
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

test('follows no link that was planted', async () => {
  writeFileSync(join(folder, 'victim'), 'precious');
  symlinkSync(join(folder, 'victim'), path);
  const it = journal();
  for (const event of eachEvent('x')) it.show(event);
  await vi.waitFor(() => expect(failures).toMatchObject([{ code: 'EEXIST' }]));
  await it.close();
  expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('precious');
});

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

test('of a thousand instances twenty progress lines a second are kept, in turn, and the last of each', async () => {
  const it = journal();
  const [count, seconds] = [1000, 120];
  for (let second = 1; second <= seconds; second++) {
    for (let instance = 0; instance < count; instance++) it.show(progress(instance, second));
  }
  const stopped = (instance: number): void =>
    it.show(stamped('instance.stopped', { instance, reason: 'order' }, seconds));
  stopped(7);
  it.show(stamped('instance.lost', { instance: 8, code: 'x', reason: 'y', retrying: false }, seconds));
  await it.close();
  const events = kept().filter(({ event }) => event === 'instance.progress');
  expect(events.length).toBeGreaterThan(19 * seconds);
  expect(events.length).toBeLessThanOrEqual(20 * (seconds + 1) + 2);
  // In turn: after two minutes nobody has had more than one turn more than another.
  const turns = Array.from({ length: count }, () => 0);
  for (const { instance } of events.slice(0, -2))
    turns[Number(instance)] = (turns[Number(instance)] ?? 0) + 1;
  expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1);
  // Its exact coverage, before it is told that it has ended.
  for (const instance of [7, 8]) {
    const mine = kept().filter((event) => event['instance'] === instance);
    expect(mine.at(-2)).toMatchObject({ event: 'instance.progress', hashes: seconds });
  }
});

test('at the end of the run the last progress of every instance is there', async () => {
  const it = journal();
  for (let instance = 0; instance < 100; instance++) it.show(progress(instance, 1));
  for (let instance = 0; instance < 100; instance++) it.show(progress(instance, 2));
  it.show(stamped('run.ended', fieldsOfEach('')['run.ended'], 3));
  await it.close();
  const last = new Map(
    kept().map(({ event, instance, hashes }) => [event === 'instance.progress' ? instance : event, hashes]),
  );
  expect([...last].filter(([, hashes]) => hashes === 2)).toHaveLength(100);
  expect(kept().at(-1)).toMatchObject({ event: 'run.ended' });
});

test('a hit is in the file before anybody is told of it', async () => {
  const it = journal();
  it.show(stamped('instance.idle', { instance: 0 }));
  it.show(stamped('hit', fieldsOfEach('')['hit'], 1));
  expect(kept()).toMatchObject([{ event: 'instance.idle' }, { event: 'hit' }]);
  await it.close();
});

test('a hit comes after what was shown before it, also while that waits for a thread', async () => {
  const it = journal();
  // All threads of Node are busy: what is written from now on waits for one of them.
  const busy = Array.from({ length: 8 }, () => promisify(pbkdf2)('', '', 200_000, 64, 'sha512'));
  it.show(stamped('instance.idle', { instance: 0 }));
  await Promise.resolve();
  await Promise.resolve();
  it.show(stamped('instance.idle', { instance: 1 }));
  it.show(stamped('hit', fieldsOfEach('')['hit'], 1));
  it.show(stamped('instance.idle', { instance: 2 }));
  const events = [
    { event: 'instance.idle', instance: 0 },
    { event: 'instance.idle', instance: 1 },
    { event: 'hit' },
  ];
  expect(kept()).toMatchObject(events);
  await Promise.all(busy);
  await it.close();
  expect(kept()).toMatchObject([...events, { event: 'instance.idle', instance: 2 }]);
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
  expect(failures).toMatchObject([{ code: 'EEXIST' }]);
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

describe('an event that is too long to be read again', () => {
  const done = Array.from({ length: 100 }, (_, k): [string, string] => [`${k * 10}`, `${k * 10 + 5}`]);
  const residues = [{ residue: 0, next: '7', done }];
  const isEvent = (line: string): boolean => typeof parseEvent(line) === 'object';

  test('is one line as long as it is not', () => {
    const event = stamped('instance.progress', { instance: 3, hashes: 1, rate: 1, residues }, 1);
    expect(journalLines(event)).toEqual([JSON.stringify(event)]);
  });

  test('is kept without parts of chunks, and a warning says so', () => {
    const progress = stamped('instance.progress', { instance: 3, hashes: 1, rate: 1, residues }, 1);
    const ended = fieldsOfEach('')['run.ended'];
    const end = stamped('run.ended', { ...ended, coverage: { ...ended.coverage, residues } }, 2);
    for (const event of [progress, end]) {
      const lines = journalLines(event, JSON.stringify(event).length - 1);
      expect(lines.map((line) => isEvent(line))).toEqual([true, true]);
      expect(lines[0]).toMatch(
        /"warning".*event (instance.progress|run.ended) has .* too long for the journal/,
      );
      expect(lines[1]).toMatch(/"next":"7","done":\[\]/);
    }
  });

  test('is left out where nothing else helps, and a warning says so', () => {
    const event = stamped('instance.error', { instance: 3, message: 'x'.repeat(1000) }, 1);
    const lines = journalLines(event, 500);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/event instance.error has .* it is left out/);
    expect(lines.map((line) => isEvent(line))).toEqual([true]);
  });

  test('costs the journal nothing else', async () => {
    const it = journal();
    it.show(stamped('instance.error', { instance: 3, message: 'x'.repeat(longestLine) }, 1));
    it.show(stamped('instance.idle', { instance: 3 }, 2));
    await it.close();
    expect(kept().map(({ event }) => event)).toEqual(['warning', 'instance.idle']);
  });
});
