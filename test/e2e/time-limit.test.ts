import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { findTagged } from '../../src/state/process.ts';
import { TestHosts, knownLine } from '../fleet/hosts/test-hosts.ts';
import {
  type Ended,
  type Workspace,
  endlessFlags,
  eventsOf,
  named,
  runEnded,
  workspace,
} from '../helper/cnd.ts';
import { DelayProxy } from '../helper/delay-proxy.ts';
import { untilGone } from '../helper/process.ts';
import { hasSshd } from '../helper/sshd.ts';

// T by the run's own clock: whatever is slow, every instance is terminated by then. Each of these was late by 0.7 to 2 s.

vi.setConfig({ testTimeout: 90_000 });

const places: Workspace[] = [];
afterAll(() => places.forEach((place) => place.remove()));

function newPlace(): Workspace {
  const place = workspace();
  places.push(place);
  return place;
}

/** Seconds from the start of the run until the last of its instances was terminated. */
function terminatedAfter(result: Ended, count: number): number {
  const events = eventsOf(result);
  const ended = runEnded(result);
  const terminated = named(events, 'instance.terminated');
  expect(ended).toMatchObject({ outcome: 'time-limit', left: [], terminated: count });
  expect(terminated).toHaveLength(count);
  const start = Date.parse(ended.time) - ended.elapsed * 1000;
  return Math.max(...terminated.map(({ time }) => (Date.parse(time) - start) / 1000));
}

test.runIf(hasSshd()).concurrent('hosts that are 300 ms away are released within T', async () => {
  const place = newPlace();
  const around = new TestHosts();
  const proxies: DelayProxy[] = [];
  try {
    for (const { access } of [await around.sshd(), await around.sshd()]) {
      const proxy = await DelayProxy.start(access.port, 150);
      proxies.push(proxy);
      writeFileSync(around.knownHosts, knownLine({ ...access, port: proxy.port }), { flag: 'a' });
    }
    const { identityFile, knownHosts } = around;
    writeFileSync(
      join(place.directory, 'cnd.config.json'),
      JSON.stringify({ hosts: { identityFile, knownHosts } }),
    );
    const hosts = proxies.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const result = await place.run([
      'start',
      '--hosts',
      hosts,
      '--T',
      '24',
      ...endlessFlags.split(' '),
      '--json',
    ]);
    expect(terminatedAfter(result, 2)).toBeLessThanOrEqual(24);
    expect(around.orphans(runEnded(result).run)).toEqual([]);
  } finally {
    for (const proxy of proxies) proxy.stop();
    await around.close();
  }
});

test.concurrent('a local host that hangs is ended within T', async () => {
  const cnd = newPlace().start(`start --N 2 --T 20 ${endlessFlags} --json`.split(' '));
  const { run } = await cnd.event('search.all');
  const host = findTagged(run).find(({ tags }) => tags['CND_ROLE'] === 'local-host');
  process.kill(host?.pid ?? 0, 'SIGSTOP');
  const result = await cnd.ended;
  expect(terminatedAfter(result, 2)).toBeLessThanOrEqual(20);
  await untilGone(run);
});

test('on a machine that others keep busy, everything is terminated within T', async () => {
  // Sessions of their own: each gets as much of the processor as all of cnd. Should nobody end them, they end by themselves.
  const busy: ChildProcess[] = Array.from({ length: 6 }, () =>
    spawn('sh', ['-c', 'ulimit -t 20; while :; do :; done'], { detached: true, stdio: 'ignore' }),
  );
  try {
    const result = await newPlace().run(`start --N 2 --T 16 ${endlessFlags} --json`.split(' '));
    expect(terminatedAfter(result, 2)).toBeLessThanOrEqual(16);
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
});
