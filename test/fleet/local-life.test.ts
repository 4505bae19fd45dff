import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTagged } from '../../src/state/process.ts';
import { eventually, orphans, untilGone } from '../helper/process.ts';
import { Lab, machinery } from './lab.ts';

let lab: Lab;

beforeEach(() => {
  lab = new Lab();
});

afterEach(async () => lab.close());

test('an instance is pending for the boot delay, then running', async () => {
  const fleet = lab.fleet({ bootDelay: 0.4 });
  expect(fleet.timing).toMatchObject({ reserve: 3, grace: 5, boot: 0.4, settle: 0 });
  const { run, instances } = await lab.launch(fleet);
  expect(instances.map(({ state, address }) => [state, address])).toEqual([
    ['pending', undefined],
    ['pending', undefined],
  ]);
  await eventually('running', async () =>
    (await fleet.describe(run)).every(({ state }) => state === 'running'),
  );
  const [first] = await fleet.describe(run);
  expect((await (await lab.login(first)).run('cat syslog')).stdout).toMatch(
    /^\w{3} [ \d]\d [\d:]{8} cnd-local-0 cnd-local\[\d+\]: created .*\n.*: booted/,
  );
  await fleet.terminate(run);
  expect(orphans(run)).toEqual([]);
});

test('cores are shared out', async () => {
  const fleet = lab.fleet({ cores: 8 });
  const { run, instances } = await lab.launch(fleet, { count: 3 });
  expect(instances.map(({ threads }) => threads)).toEqual([2, 2, 2]);
  await fleet.terminate(run);
});

test('failures can be rehearsed: one never runs, one never answers, one dies', async () => {
  const fleet = lab.fleet({
    rehearse: [
      { instance: 0, failure: 'never-runs' },
      { instance: 1, failure: 'never-answers' },
      { instance: 2, failure: 'dies', after: 0.3 },
    ],
  });
  const { run, instances } = await lab.launch(fleet, { count: 4 });
  expect(instances.map(({ state }) => state)).toEqual(['pending', 'running', 'running', 'running']);
  const { host, port } = lab.accessOf(instances[1]);
  const silent = connect({ host, port });
  let heard = '';
  silent.on('data', (data) => (heard += data.toString())).on('error', () => undefined);
  await once(silent, 'connect');
  silent.write('SSH-2.0-anyone\r\n');
  const mortal = await lab.login(instances[2]);
  (await mortal.start('setsid sleep 1000')).resume();
  await eventually('death', async () => (await fleet.describe(run))[2]?.state === 'terminated');
  await eventually('cut', () => mortal.closed);
  expect(findTagged(run).filter(({ instance }) => instance === instances[2]?.id)).toEqual([]);
  expect((await fleet.describe(run)).map(({ state, reason }) => [state, reason])).toEqual([
    ['pending', undefined],
    ['running', undefined],
    ['terminated', 'rehearsed power failure'],
    ['running', undefined],
  ]);
  expect(heard).toBe('');
  expect((await (await lab.login(instances[3])).run('echo fine')).stdout).toBe('fine\n');
  await fleet.terminate(run);
});

test("the dead-man's switch powers everything off, with nobody there", async () => {
  const fleet = lab.fleet();
  const started = performance.now();
  const { run, instances } = await lab.launch(fleet, { lifetime: 4 });
  const shell = await lab.login(instances[0]);
  (await shell.start('trap "" TERM INT HUP; setsid sleep 1000 & sleep 1000')).resume();
  await untilGone(run);
  const seconds = (performance.now() - started) / 1000;
  expect(seconds).toBeGreaterThan(3.9);
  await eventually('no directory', () => !existsSync(join(lab.root, run)));
  expect((await fleet.describe(run)).every(({ state }) => state === 'terminated')).toBe(true);
  expect((await lab.fleet().find()).map((found) => found.run)).not.toContain(run);
});

test("the watchdog is the dead-man's switch of a host that hangs", async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet, { lifetime: 3 });
  const shell = await lab.login(instances[0]);
  (await shell.start('sleep 1000')).resume();
  process.kill(machinery(run, 'local-host').pid, 'SIGSTOP');
  await untilGone(run);
  expect(orphans(run)).toEqual([]);
  await eventually('no directory', () => !existsSync(join(lab.root, run)));
});

test('instances end one by one, and with the last one the host and its watchdog', async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet, { count: 2 });
  await fleet.terminate(run, [instances[0]?.id ?? '']);
  await sleep(50);
  expect(machinery(run, 'local-host')).toBeDefined();
  await fleet.terminate(run, [instances[1]?.id ?? '']);
  await untilGone(run);
  expect((await fleet.describe(run)).map(({ state }) => state)).toEqual(['terminated', 'terminated']);
  const syslog = join(lab.directory(run), instances[0]?.id ?? '', 'syslog');
  expect(readFileSync(syslog, 'utf8')).toMatch(/powering off: terminated by request\n$/);
  await fleet.dispose(run);
  expect(existsSync(join(lab.root, run))).toBe(false);
});

test('a run id is launched only once, and a second launch does no harm to the first', async () => {
  const fleet = lab.fleet();
  const { run } = await lab.launch(fleet);
  await expect(lab.launch(fleet, { run })).rejects.toMatchObject({ code: 'local-directory' });
  expect((await fleet.describe(run)).map(({ state }) => state)).toEqual(['running', 'running']);
  await fleet.terminate(run);
});

test('a hundred instances on this machine', async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet, { count: 100 });
  expect(instances).toHaveLength(100);
  const shells = await Promise.all([0, 49, 99].map(async (index) => lab.login(instances[index])));
  const ids = await Promise.all(
    shells.map(async (shell) => (await shell.run('echo $CND_INSTANCE')).stdout.trim()),
  );
  expect(ids).toEqual([0, 49, 99].map((index) => instances[index]?.id));
  expect(await fleet.terminate(run)).toHaveLength(100);
  expect(orphans(run)).toEqual([]);
});
