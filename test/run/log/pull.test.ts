import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CndError } from '../../../src/error.ts';
import type { EventFields, EventName } from '../../../src/event/event.ts';
import type { Link } from '../../../src/session/link.ts';
import { type LogPull, pullLogs, syslogLimit } from '../../../src/run/log/pull.ts';
import { ChildSession } from '../../helper/child-session.ts';
import type { Session } from '../../../src/session/session.ts';
import { unlessAborted } from '../../../src/wait.ts';
import { eventually } from '../../helper/process.ts';
import { instance } from '../stand-in-fleet.ts';

let folder: string;
let told: [EventName, EventFields[EventName]][];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-pull-'));
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const late: LogPull['toConnect'] = () => ({ signal: AbortSignal.timeout(20), cancel: () => {} });

/** Pulls the logs of instances, from whose sessions `save` reads; by default the time to connect is soon over. */
async function pullAll(links: readonly Pick<Link, 'session' | 'wasOpen'>[], toConnect = late) {
  await pullLogs({
    instances: links.map((_, index) => instance(index, 'running', true)),
    link: ({ index }) => links[index] as Link,
    command: () => 'cat syslog',
    folder,
    maxBytes: 2 << 20,
    emit: (event, fields) => void told.push([event, fields]),
    signal: new AbortController().signal,
    toConnect,
  });
}

/** Pulls the log of one instance, which has never answered before. */
async function pull(session: () => Promise<Pick<Session, 'save'>>) {
  await pullAll([{ session: session as unknown as Link['session'], wasOpen: false }]);
}

/** A session whose commands run in the folder. */
const here = async (): Promise<Session> =>
  new ChildSession({ address: 'here', directory: folder, env: process.env });

test('of a syslog that is larger than the limit the beginning is kept, and that the rest is missing is told', async () => {
  writeFileSync(join(folder, 'syslog'), Buffer.alloc(5 << 20, 'x'));
  await pull(here);
  const name = 'Instance0.log.gz';
  expect(statSync(join(folder, name)).size).toBe(2 << 20);
  expect(told).toEqual([
    ['logs.pulled', { instance: 0, name, bytes: 2 << 20, truncated: true }],
    [
      'warning',
      {
        message: `#0: its syslog is larger than 2.0 MiB compressed: ${name} has the first 2.0 MiB, the rest is missing`,
      },
    ],
  ]);
});

test('all syslogs of a run together are limited, and of each something is kept', () => {
  expect(syslogLimit(0)).toBe(16 << 20);
  for (const count of [1, 8, 64, 65, 512, 1024]) {
    expect(syslogLimit(count)).toBeLessThanOrEqual(16 << 20);
    expect(syslogLimit(count) * count).toBeLessThanOrEqual(1 << 30);
  }
  expect(syslogLimit(100_000)).toBe(1 << 20);
});

test('what was pulled is in the folder', async () => {
  writeFileSync(join(folder, 'syslog'), 'syslog');
  await pull(here);
  expect(told).toEqual([['logs.pulled', { instance: 0, name: 'Instance0.log.gz', bytes: 6 }]]);
});

test('an instance that does not answer in time is told as that', async () => {
  await pull(async () => {
    await sleep(50);
    throw new CndError('session-aborted', 'connecting was stopped');
  });
  expect(told).toEqual([['logs.missing', { instance: 0, reason: 'the instance was never reached' }]]);
});

test('one that is cut off for a moment is waited for, longer than one that never answered', async () => {
  writeFileSync(join(folder, 'syslog'), 'syslog');
  const deadlines = new Map<number, AbortController>();
  const toConnect = (seconds: number) => {
    const controller = new AbortController();
    deadlines.set(seconds, controller);
    return { signal: controller.signal, cancel: () => {} };
  };
  let comeBack: (session: Session) => void = () => {};
  const back = new Promise<Session>((resolve) => (comeBack = resolve));
  const never = new Promise<Session>(() => {});
  const links = [back, never, never].map((promise, index) => ({
    session: (signal: AbortSignal) => unlessAborted(promise, signal),
    wasOpen: index !== 1,
  }));
  const pulling = pullAll(links, toConnect);
  const [shorter, longer] = [...deadlines].toSorted(([a], [b]) => a - b);
  shorter?.[1].abort();
  comeBack(await here());
  await eventually('its syslog', () => told.length > 0);
  longer?.[1].abort();
  await pulling;
  expect(told).toEqual([
    ['logs.pulled', { instance: 0, name: 'Instance0.log.gz', bytes: 6 }],
    ['logs.missing', { instance: 2, reason: 'the instance did not reconnect' }],
    ['logs.missing', { instance: 1, reason: 'the instance was never reached' }],
  ]);
});

test('one that answered, and whose log cannot be had, is told with the reason, however long that took', async () => {
  await pull(async () => ({
    save: async () => {
      await sleep(50);
      throw new Error('No space left on device');
    },
  }));
  expect(told).toEqual([['logs.missing', { instance: 0, reason: 'No space left on device' }]]);
});
