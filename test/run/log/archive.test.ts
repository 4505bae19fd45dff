import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Archive, RunFilter } from '../../../src/archive/archive.ts';
import { DirectoryArchive } from '../../../src/archive/directory.ts';
import { SpooledArchive } from '../../../src/archive/spooled.ts';
import { InProcessBroadcast } from '../../../src/broadcast/in-process.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import { engines } from '../../../src/engine/registry.ts';
import { CndError } from '../../../src/error.ts';
import { RunContext } from '../../../src/run/context.ts';
import type { RunEvent } from '../../../src/event/event.ts';
import { finish } from '../../../src/run/finish.ts';
import { Interrupts } from '../../../src/run/interrupt.ts';
import { archivedRuns } from '../../helper/archived-runs.ts';
import { fakeFleet } from '../../helper/fake-fleet.ts';
import { ManualClock } from '../../helper/manual-clock.ts';

const run = '20261120-081103-x7k2';
const kept = ['Instance0.log.gz', 'events.ndjson', 'run.json'];

let folder: string;
let here: string;
let events: RunEvent[];
let clock: ManualClock;
let interrupts: Interrupts;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-finish-'));
  here = join(folder, 'logs', run);
  mkdirSync(here, { recursive: true });
  writeFileSync(join(here, 'Instance0.log.gz'), 'syslog');
  events = [];
  clock = new ManualClock();
  interrupts = new Interrupts();
});
afterEach(() => rmSync(folder, { recursive: true }));

const names = () => events.map(({ event }) => event);
const ended = () => events.find((event) => event.event === 'run.ended');
const journal = () =>
  readFileSync(join(folder, 'there', run, 'events.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);

/** Ends a run that pulled one syslog; what is stored goes through `store`. */
function end(
  store?: (archive: Archive, ...entry: Parameters<Archive['store']>) => Promise<void>,
  keep?: string,
): Promise<number> {
  const directory = join(folder, 'logs');
  const flags = { N: '1', T: '60', D: '2', fleet: 'local' };
  const file = {
    path: 'cnd.config.json',
    directory: folder,
    content: { logs: { directory, ...(keep !== undefined && { keep }) } },
  };
  const there = new DirectoryArchive(join(folder, 'there'));
  const remote = Object.assign(Object.create(there) as Archive, {
    location: (id?: string) => there.location(id),
    runs: (filter?: RunFilter) => there.runs(filter),
    entries: (id: string) => there.entries(id),
    open: (id: string, name: string) => there.open(id, name),
    remove: (id: string) => there.remove(id),
    store: (...entry: Parameters<Archive['store']>) =>
      (store ?? ((to, ...rest) => to.store(...rest)))(there, ...entry),
  });
  const local = new DirectoryArchive(directory);
  const context = new RunContext({
    run,
    config: resolveConfig({ flags, env: {}, file }),
    fleet: fakeFleet({}),
    engine: engines.agents,
    broadcast: new InProcessBroadcast(),
    archive: store === undefined ? local : new SpooledArchive(remote, local),
    views: [{ show: (event) => void events.push(event), close: async () => {} }],
    interrupts,
    clock,
    start: { monotonic: clock.monotonic(), wall: clock.wall() },
    env: {},
    kernel: { rate: 1 },
  });
  context.emit('terminate.started', { instances: 1 });
  return finish(context, undefined, { kind: 'time-limit', searched: true }, true);
}

const stored = (to: Archive, ...entry: Parameters<Archive['store']>) => to.store(...entry);
const hanging = (_: Archive, ...[, , , options]: Parameters<Archive['store']>): Promise<never> =>
  new Promise((_resolve, reject) => {
    options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });
/** So many turns of the event loop and of the file system. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

test('without a bucket all is where it stays, and nothing is uploaded', async () => {
  expect(await end()).toBe(3);
  expect(names()).toEqual(['terminate.started', 'run.ended']);
  expect(ended()).toMatchObject({ logs: here });
  expect(readdirSync(here).toSorted()).toEqual(kept);
});

test.each([
  ['in the directory', 'logs', undefined],
  ['in the bucket', 'there', (to: Archive, ...entry: Parameters<Archive['store']>) => to.store(...entry)],
])(
  'what logs.keep does not keep goes %s, and that is told before the run has ended',
  async (_, where, store) => {
    const record = {
      startedAt: '2026-11-01T00:00:00Z',
      config: { N: 1, T: 9, fleet: 'local', puzzle: { scheme: 'x' } },
    };
    const past = ['20261101-000000-aaaa', '20261102-000000-bbbb', '20261103-000000-cccc'];
    for (const [index, old] of past.entries()) {
      mkdirSync(join(folder, where, old), { recursive: true });
      const done = index === 1 ? {} : { ended: { outcome: 'found', exitCode: 0, elapsed: 1 } };
      writeFileSync(join(folder, where, old, 'run.json'), JSON.stringify({ ...record, run: old, ...done }));
    }
    expect(await end(store, '2')).toBe(3);
    expect(names().slice(-2)).toEqual(['archive.pruned', 'run.ended']);
    expect(events.find(({ event }) => event === 'archive.pruned')).toMatchObject({ runs: 1, keep: '2' });
    // The run itself and the newest before it stay, and one that never ended.
    expect(archivedRuns(join(folder, where)).toSorted()).toEqual([...past.slice(1), run]);
  },
);

test('with one the journal is stored with its end, the folder is gone, and run.ended is the last that is told', async () => {
  expect(await end(stored)).toBe(3);
  expect(names()).toEqual(['terminate.started', 'archive.started', 'logs.archived', 'run.ended']);
  expect(readdirSync(join(folder, 'there', run)).toSorted()).toEqual(kept);
  expect(journal().map(({ event }) => event)).toEqual(['terminate.started', 'run.ended']);
  const record = JSON.parse(readFileSync(join(folder, 'there', run, 'run.json'), 'utf8')) as object;
  expect(record).toMatchObject({ ended: { outcome: 'time-limit', logs: join(folder, 'there', run) } });
  expect(existsSync(here)).toBe(false);
  expect(ended()).toMatchObject({
    logs: join(folder, 'there', run),
    phases: { archive: expect.any(Number) as number },
  });
});

describe('what could not be stored stays here, whole, with the command that stores it, and the exit code is as it was', () => {
  const expectKept = (reason: RegExp): void => {
    expect(names()).toEqual(expect.not.arrayContaining(['logs.archived']));
    expect(names().at(-1)).toBe('run.ended');
    const warning = events.findLast((event) => event.event === 'warning');
    expect(warning).toMatchObject({ message: expect.stringMatching(reason) as string });
    expect(warning).toMatchObject({ message: expect.stringContaining(`cnd logs push ${run}`) as string });
    expect(readdirSync(here).toSorted()).toEqual(kept);
    expect(JSON.parse(readFileSync(join(here, 'run.json'), 'utf8'))).toHaveProperty(
      'ended.outcome',
      'time-limit',
    );
    expect(ended()).toMatchObject({ logs: here });
  };

  test('one file was refused', async () => {
    const denied = new CndError('aws-denied', 'AccessDenied', { hint: 'the caller needs s3:PutObject' });
    const code = await end((to, ...entry) =>
      entry[1] === 'Instance0.log.gz' ? Promise.reject(denied) : to.store(...entry),
    );
    expect(code).toBe(3);
    expectKept(/2 of 3 files could not be stored; the first: AccessDenied/);
    expect(events.find((event) => event.event === 'warning')).toMatchObject({
      hint: 'the caller needs s3:PutObject',
    });
  });

  test('nothing arrives for 30 s', async () => {
    const ending = end(hanging);
    await vi.waitFor(() => expect(names()).toContain('archive.started'));
    await settle();
    clock.advance(29);
    await settle();
    expect(names()).not.toContain('run.ended');
    clock.advance(2);
    expect(await ending).toBe(3);
    expectKept(/no progress for 30 s/);
  });

  test('a second Ctrl-C ends it at once', async () => {
    interrupts.raise({ name: 'SIGINT', exitCode: 130 });
    const ending = end(hanging);
    await vi.waitFor(() => expect(names()).toContain('archive.started'));
    await settle();
    interrupts.raise({ name: 'SIGINT', exitCode: 130 });
    expect(await ending).toBe(3);
    expectKept(/interrupted/);
  });

  test('the first Ctrl-C leaves it 5 s', async () => {
    const ending = end(hanging);
    await vi.waitFor(() => expect(names()).toContain('archive.started'));
    await settle();
    interrupts.raise({ name: 'SIGINT', exitCode: 130 });
    await settle();
    expect(names()).not.toContain('run.ended');
    clock.advance(6);
    expect(await ending).toBe(3);
    expectKept(/interrupted/);
  });
});

test('while files arrive there it goes on', async () => {
  const waiting: (() => void)[] = [];
  const ending = end(async (to, ...entry) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    await to.store(...entry);
  });
  for (let file = 0; file < 3; file++) {
    // The record waits for the others.
    await vi.waitFor(() => expect(waiting).toHaveLength(file < 2 ? 2 : 3));
    clock.advance(20);
    waiting[file]?.();
    await settle();
  }
  expect(await ending).toBe(3);
  expect(names()).toContain('logs.archived');
});
