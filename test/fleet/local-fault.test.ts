import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FoundRun } from '../../src/fleet/fleet.ts';
import type { Instance } from '../../src/instance.ts';
import { hostEnvironment } from '../../src/fleet/local/environment.ts';
import { type HostSpec, placeArguments } from '../../src/fleet/local/spec.ts';
import { findTagged, isAlive, killProcess } from '../../src/state/process.ts';
import { eventually, orphans, untilGone } from '../helper/process.ts';
import { generateKeyPair } from '../../src/session/ssh/key.ts';
import { Lab, machinery } from './lab.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let lab: Lab;

beforeEach(() => {
  lab = new Lab();
});

afterEach(async () => lab.close());

/** Starts something on an instance that is hard to get rid of: deaf to signals, and twice, once in its own session. */
async function haunt(instance: Instance | undefined): Promise<void> {
  const shell = await lab.login(instance);
  const deaf = 'trap "" TERM INT HUP; sleep 1000; sleep 1000';
  (await shell.start(`(setsid sh -c '${deaf}' &); ${deaf}`)).resume();
  await eventually(
    'both',
    () => findTagged().filter((it) => it.instance !== undefined && it.instance === instance?.id).length >= 4,
  );
}

/** What another process finds of a run: other people's runs on this machine are none of our business. */
async function found(run: string): Promise<FoundRun | undefined> {
  return (await lab.fleet().find()).find((it) => it.run === run);
}

test('a host that is killed is a power cut: its watchdog ends what it left', async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet);
  await haunt(instances[0]);
  killProcess(machinery(run, 'local-host'), 'SIGKILL');
  await untilGone(run);
  expect((await fleet.describe(run)).map(({ state, reason }) => [state, reason])).toEqual([
    ['terminated', 'its host process has exited'],
    ['terminated', 'its host process has exited'],
  ]);
  expect((await fleet.terminate(run)).map(({ state }) => state)).toEqual(['terminated', 'terminated']);
  expect(await found(run)).toMatchObject({ run });
  await lab.fleet().dispose(run);
  expect(await found(run)).toBeUndefined();
});

test('a host and its watchdog killed at once: terminate finds the rest by tag', async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet);
  await haunt(instances[1]);
  const [host, watchdog] = [machinery(run, 'local-host'), machinery(run, 'local-watchdog')];
  killProcess(watchdog, 'SIGKILL');
  killProcess(host, 'SIGKILL');
  await eventually('both dead', () => !isAlive(host) && !isAlive(watchdog));
  expect((await fleet.describe(run)).map(({ state }) => state)).toEqual(['terminated', 'shutting-down']);
  const after = await lab.fleet().terminate(run);
  expect(after.map(({ state }) => state)).toEqual(['terminated', 'terminated']);
  expect(orphans(run)).toEqual([]);
});

test('a host that hangs: describe says so soon, find shows the run, terminate ends it', async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet);
  await haunt(instances[0]);
  process.kill(machinery(run, 'local-host').pid, 'SIGSTOP');
  await expect(fleet.describe(run)).rejects.toMatchObject({ code: 'local-host-silent' });
  expect((await found(run))?.instances.map(({ state, reason }) => [state, reason])).toMatchObject([
    ['running', expect.stringContaining('does not answer')],
    ['running', expect.stringContaining('does not answer')],
  ]);
  const some = await fleet.terminate(run, [instances[0]?.id ?? '']);
  expect(some).toMatchObject([{ id: instances[0]?.id, state: 'shutting-down' }]);
  expect(findTagged(run).filter(({ instance }) => instance !== undefined)).toEqual([]);
  const after = await lab.fleet().terminate(run);
  expect(after.map(({ state }) => state)).toEqual(['terminated', 'terminated']);
  expect(orphans(run)).toEqual([]);
});

test('processes that are stopped, or left for a session of their own, are terminated too', async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet);
  await haunt(instances[0]);
  for (const { pid, instance } of findTagged(run)) if (instance !== undefined) process.kill(pid, 'SIGSTOP');
  const after = await fleet.terminate(run, [instances[0]?.id ?? '']);
  expect(after.map(({ state }) => state)).toEqual(['terminated']);
  expect(findTagged(run).filter(({ instance }) => instance === instances[0]?.id)).toEqual([]);
  expect((await fleet.describe(run))[1]?.state).toBe('running');
  await fleet.terminate(run);
});

test('two runs do not disturb each other', async () => {
  const fleet = lab.fleet();
  const [one, two] = [await lab.launch(fleet), await lab.launch(lab.fleet())];
  await haunt(one.instances[0]);
  const shell = await lab.login(two.instances[0]);
  await fleet.terminate(one.run);
  expect(orphans(one.run)).toEqual([]);
  expect((await shell.run('echo fine')).stdout).toBe('fine\n');
  expect((await lab.fleet().find()).map(({ run }) => run)).toContain(two.run);
  await fleet.terminate(two.run);
});

test('a state directory that was deleted is not missed', async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet);
  await haunt(instances[1]);
  rmSync(lab.root, { recursive: true });
  expect((await fleet.describe(run)).map(({ state }) => state)).toEqual(['running', 'running']);
  const lost = await found(run);
  expect(lost).toMatchObject({ run, expiresAt: expect.any(Date) });
  expect(lost?.instances.map(({ id }) => id)).toEqual(instances.map(({ id }) => id));
  const after = await lab.fleet().terminate(run);
  expect(after.map(({ state }) => state)).toEqual(['terminated', 'terminated']);
  expect(orphans(run)).toEqual([]);
  await fleet.dispose(run);
});

test('a run with another XDG_STATE_HOME is found, terminated and disposed of', async () => {
  const { run } = await lab.launch(lab.fleet());
  const elsewhere = lab.fleet({}, { ...lab.env, XDG_STATE_HOME: join(lab.env.XDG_STATE_HOME, 'elsewhere') });
  const seen = (await elsewhere.find()).find((it) => it.run === run);
  expect(seen?.instances.map(({ state }) => state)).toEqual(['running', 'running']);
  expect((await elsewhere.terminate(run)).map(({ state }) => state)).toEqual(['terminated', 'terminated']);
  await elsewhere.dispose(run);
  expect(existsSync(join(lab.root, run))).toBe(false);
});

test('a watchdog that is killed is replaced', async () => {
  const fleet = lab.fleet();
  const { run } = await lab.launch(fleet);
  const first = machinery(run, 'local-watchdog');
  killProcess(first, 'SIGKILL');
  await eventually('another one', () =>
    findTagged(run).some(({ tags, pid }) => tags['CND_ROLE'] === 'local-watchdog' && pid !== first.pid),
  );
  expect((await fleet.describe(run)).map(({ state }) => state)).toEqual(['running', 'running']);
  await fleet.terminate(run);
});

test('SIGTERM powers a host off in order', async () => {
  const fleet = lab.fleet();
  const { run, instances } = await lab.launch(fleet);
  await haunt(instances[0]);
  const { pid } = machinery(run, 'local-host');
  process.kill(pid, 'SIGHUP');
  expect(await fleet.describe(run)).toMatchObject([{ state: 'running' }, { state: 'running' }]);
  process.kill(pid, 'SIGTERM');
  await untilGone(run);
});

test('without a watchdog nothing is launched', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'cnd-copy-'));
  try {
    for (const part of ['dist', 'dist-module'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    rmSync(join(copy, 'dist/local-watchdog.cjs'));
    const request = lab.request();
    const launcher = startLauncher(request, copy);
    expect(await outputOf(launcher)).toMatch(/failed local-launch-failed .*watchdog/);
    expect(orphans(request.run)).toEqual([]);
    expect(existsSync(join(lab.root, request.run))).toBe(false);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test('instances that cannot all be had are not had at all', async () => {
  const request = lab.request({ count: 200 });
  const launcher = startLauncher(request, root, 150); // open files
  expect(await outputOf(launcher)).toMatch(/failed local-launch-failed/);
  expect(orphans(request.run)).toEqual([]);
  expect(existsSync(join(lab.root, request.run))).toBe(false);
});

test('a host whose launcher vanishes before it said what it wants ends', async () => {
  const { run, host } = startHost();
  host.stdin?.destroy();
  await untilGone(run);
  expect(existsSync(join(lab.root, run))).toBe(false);
});

test('a host whose launcher vanishes before it took the answer ends, and removes what it made', async () => {
  const { run, host, spec } = startHost();
  host.stdin?.write(`${JSON.stringify(spec)}\n`);
  expect(String(host.stdout && (await once(host.stdout, 'data')))).toMatch(/^\{"record":/);
  host.stdin?.destroy();
  await untilGone(run);
  expect(existsSync(join(lab.root, run))).toBe(false);
});

test('a launcher that is killed at any moment leaves nothing beyond the lifetime', async () => {
  const runs = await Promise.all(
    [0, 40, 80, 120, 160, 220].map(async (delay) => {
      const request = lab.request({ lifetime: 1.5 });
      const launcher = startLauncher(request, root);
      if (launcher.stdout) await once(launcher.stdout, 'data'); // it is about to launch
      await sleep(delay);
      launcher.kill('SIGKILL');
      await untilGone(request.run);
      return request.run;
    }),
  );
  expect(runs.flatMap(orphans)).toEqual([]);
});

/** A host that is started by hand, without a launcher that takes care. */
function startHost(): { run: string; host: ChildProcess; spec: HostSpec } {
  const { run, count, lifetime, expiresAt } = lab.request();
  const directory = lab.directory(run);
  mkdirSync(directory, { recursive: true });
  const expires = expiresAt.toISOString();
  const host = spawn(
    process.execPath,
    [join(root, 'dist/local-host.js'), ...placeArguments({ run, directory, lifetime })],
    {
      env: hostEnvironment(process.env, { run, stateRoot: lab.root, count, expiresAt: expires }),
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const path = process.env['PATH'] ?? '';
  const rest = { directory, bootDelay: 0, path, threads: 1, rehearse: [], replace: false };
  const keys = { hostKey: generateKeyPair(), loginKey: generateKeyPair().publicKey };
  const spec = { run, count, lifetime, expiresAt: expires, ...keys, ...rest };
  return { run, host, spec };
}

/** A process that launches a run and then waits, to be killed. */
function startLauncher(request: ReturnType<Lab['request']>, checkout: string, files = 4096): ChildProcess {
  const script = `
    const { LocalFleet } = await import(${JSON.stringify(join(checkout, 'dist-module/fleet/local/local.js'))});
    const request = ${JSON.stringify(request)};
    process.stdout.write('launching\\n');
    try {
      const fleet = new LocalFleet({ bootDelay: 0, rehearse: [] });
      await fleet.launch({ ...request, expiresAt: new Date(request.expiresAt) }, new AbortController().signal);
      setInterval(() => undefined, 1000);
    } catch (error) {
      process.stdout.write('failed ' + error.code + ' ' + error.message + '\\n');
    }`;
  const command = `ulimit -n ${files}; exec "$0" --input-type=module -e "$1"`;
  return spawn('/bin/sh', ['-c', command, process.execPath, script], {
    env: lab.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function outputOf({ stdout }: ChildProcess): Promise<string> {
  const parts: string[] = [];
  for await (const part of stdout ?? []) parts.push(String(part));
  return parts.join('');
}
