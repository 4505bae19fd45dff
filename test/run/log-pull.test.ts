import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CndError } from '../../src/error.ts';
import type { EventFields, EventName } from '../../src/event/event.ts';
import type { Link } from '../../src/session/link.ts';
import { pullLogs } from '../../src/run/log-pull.ts';
import { instance } from './stand-in-fleet.ts';

let folder: string;
let told: [EventName, EventFields[EventName]][];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-pull-'));
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Pulls the log of one instance, from which `save` reads; the time to connect is over after so many milliseconds. */
async function pull(
  session: () => Promise<{ save: (command: string, path: string) => Promise<void> }>,
  toConnect = 20,
) {
  await pullLogs({
    instances: [instance(0, 'running', true)],
    link: () => ({ session }) as unknown as Link,
    command: () => 'cat syslog',
    folder,
    emit: (event, fields) => void told.push([event, fields]),
    signal: new AbortController().signal,
    toConnect: () => ({ signal: AbortSignal.timeout(toConnect), cancel: () => {} }),
  });
}

test('what was pulled is in the folder', async () => {
  await pull(async () => ({ save: async (_, path) => writeFileSync(path, 'syslog') }));
  expect(told).toEqual([['logs.pulled', { instance: 0, name: 'Instance0.log.gz', bytes: 6 }]]);
});

test('an instance that does not answer in time is told as that', async () => {
  await pull(async () => {
    await sleep(50);
    throw new CndError('session-aborted', 'connecting was stopped');
  });
  expect(told).toEqual([['logs.missing', { instance: 0, reason: 'the instance does not answer' }]]);
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
