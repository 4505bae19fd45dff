import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryArchive } from '../../../src/archive/directory.ts';
import { InProcessBroadcast } from '../../../src/broadcast/in-process.ts';
import { systemClock } from '../../../src/clock.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import type { RunEvent } from '../../../src/event/event.ts';
import { noneUnread, readJournal } from '../../../src/event/journal-reader.ts';
import { parseRecord } from '../../../src/event/record.ts';
import { newRunId } from '../../../src/run-id.ts';
import { Interrupts } from '../../../src/run/interrupt.ts';
import type { RunInputs } from '../../../src/run/context.ts';
import { executeRun } from '../../../src/run/run.ts';
import { summary } from '../../../src/view/summary.ts';
import { collect, each } from '../../helper/collect.ts';
import { fakeFleet } from '../../helper/fake-fleet.ts';
import { orphans } from '../../helper/process.ts';
import { ProcessEngine } from './process-engine.ts';

// A run over an engine that has no instances, and a fleet that launches none: nothing of src/ knows this engine.

let home: string;
let run: string;
let events: RunEvent[];
let interrupts: Interrupts;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-engine-'));
  run = newRunId();
  events = [];
  interrupts = new Interrupts();
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Executes a whole run of that engine; `onEvent` sees every event. */
function execute(
  flags: object,
  onEvent: (event: RunEvent) => void = () => {},
  writeReport?: RunInputs['writeReport'],
): Promise<number> {
  const directory = join(home, 'logs');
  const given = { fleet: 'local', N: '1', T: '30', ...flags };
  const file = { path: 'cnd.config.json', directory: home, content: { logs: { directory } } };
  const config = resolveConfig({ flags: given, env: {}, file });
  const show = (event: RunEvent): void => {
    events.push(event);
    onEvent(event);
  };
  return executeRun({
    run,
    config: { ...config, instances: 0 },
    fleet: fakeFleet({}),
    engine: () => new ProcessEngine(),
    broadcast: new InProcessBroadcast(),
    archive: new DirectoryArchive(directory),
    views: [{ show, close: async () => {} }],
    interrupts,
    clock: systemClock,
    start: { monotonic: systemClock.monotonic(), wall: systemClock.wall() },
    env: { ...process.env, XDG_STATE_HOME: home },
    kernel: { rate: 1e9 },
    writeReport,
  });
}

const ended = () => events.findLast((event) => event.event === 'run.ended');
const file = (name: string) => readFileSync(join(home, 'logs', run, name), 'utf8');

test('finds, proves, records and cleans up', async () => {
  expect(await execute({ D: '3', smallest: true })).toBe(0);
  const end = ended();
  expect(end).toMatchObject({ outcome: 'found', launched: 0, left: [], coverage: { stride: 1 } });
  expect(end).not.toHaveProperty('instance');
  expect(summary(end ?? expect.unreachable())).not.toMatch(/found by/);
  expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['hit', 'broadcast']));
  expect(events.filter(({ event }) => event === 'warning')).toEqual([]);
  expect(orphans(run)).toEqual([]);
  const record = parseRecord(file('run.json'));
  expect(record).toMatchObject({ instances: [], ended: { nonce: end?.nonce } });
  const unread = noneUnread();
  const read = await collect(readJournal(each([file('events.ndjson')]), unread));
  expect(read.at(-1)).toMatchObject({ event: 'run.ended', nonce: end?.nonce });
  expect(unread).toEqual(noneUnread());
});

test('ends at T, and says what was tested', async () => {
  expect(await execute({ D: '20', T: '6' })).toBe(3);
  expect(ended()).toMatchObject({ outcome: 'time-limit' });
  expect(Number(ended()?.tested)).toBeGreaterThan(0);
  expect(orphans(run)).toEqual([]);
});

test('is interrupted', async () => {
  const interrupt = (event: RunEvent): void => {
    if (event.event === 'run.progress') interrupts.raise({ name: 'SIGINT', exitCode: 130 });
  };
  expect(await execute({ D: '20' }, interrupt)).toBe(130);
  expect(ended()).toMatchObject({ outcome: 'interrupted', reason: 'SIGINT' });
  expect(orphans(run)).toEqual([]);
});

test('a report that cannot be made costs a warning, after the journal is whole', async () => {
  let journal = '';
  const writeReport = (id: string, folder: string): Promise<void> => {
    expect(folder).toBe(join(home, 'logs', id));
    journal = file('events.ndjson');
    return Promise.reject(new Error('no space left on device'));
  };
  expect(await execute({ D: '3' }, undefined, writeReport)).toBe(0);
  expect(journal.trimEnd().split('\n').at(-1)).toMatch(/^{"event":"run.ended"/);
  expect(events.at(-1)).toMatchObject({
    event: 'warning',
    message: 'the report cannot be made: no space left on device',
    hint: `make it later with: cnd report ${run}`,
  });
});

test('whoever interrupts twice does not wait for a report', async () => {
  let made = 0;
  const twice = (event: RunEvent): void => {
    if (event.event !== 'run.progress' && event.event !== 'hit') return;
    for (let times = 0; times < 2; times++) interrupts.raise({ name: 'SIGINT', exitCode: 130 });
  };
  await execute({ D: '3' }, twice, () => Promise.resolve(void made++));
  expect(made).toBe(0);
});
