import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTagged } from '../../src/state/process.ts';
import { eventually, orphans } from '../helper/process.ts';
import { Lab, machinery } from './lab.ts';

let lab: Lab;
const never = new AbortController().signal;

beforeEach(() => {
  lab = new Lab();
});

afterEach(async () => lab.close());

/** Resolves once the host of a run and its watchdog wait for their orders. */
async function prepared(run: string): Promise<void> {
  await eventually('host and watchdog', () => findTagged(run).length === 2);
}

test('a launch takes the host that was prepared for it, which its end then leaves alone', async () => {
  const fleet = lab.fleet();
  const request = lab.request();
  const end = fleet.prepare(request);
  await prepared(request.run);
  const host = machinery(request.run, 'local-host');
  const { checks } = await fleet.preflight({ count: 2, minimum: 2, timeLimit: 60 }, never);
  expect(checks).toMatchObject([{ name: 'python3', outcome: 'ok' }]);
  const instances = await fleet.launch(request, never);
  await end();
  expect(machinery(request.run, 'local-host')).toEqual(host);
  const states = (await fleet.describe(request.run)).map(({ state }) => state);
  expect(states).toEqual(['running', 'running']);
  const login = await lab.login(instances[0]);
  expect((await login.run('echo $CND_INSTANCE')).stdout.trim()).toBe(instances[0]?.id);
  await fleet.terminate(request.run);
  await fleet.dispose(request.run);
});

test('of a launch that does not come nothing is left', async () => {
  const fleet = lab.fleet();
  const request = lab.request();
  const end = fleet.prepare(request);
  await prepared(request.run);
  await end();
  expect(orphans(request.run)).toEqual([]);
  expect(existsSync(dirname(lab.directory(request.run)))).toBe(false);
  await end();
});

test('of a launcher that is stopped before its launch nothing is left when its time is over', async () => {
  const fleet = lab.fleet();
  const request = lab.request({ lifetime: 1 });
  const end = fleet.prepare(request);
  await prepared(request.run);
  await eventually('the end of both', () => orphans(request.run).length === 0);
  expect(existsSync(dirname(lab.directory(request.run)))).toBe(false);
  await end();
});

test('nor of one that is stopped, and its host with it', async () => {
  const fleet = lab.fleet();
  const request = lab.request({ lifetime: 1 });
  const end = fleet.prepare(request);
  await prepared(request.run);
  process.kill(machinery(request.run, 'local-host').pid, 'SIGSTOP');
  await eventually('the end of both', () => orphans(request.run).length === 0);
  expect(existsSync(dirname(lab.directory(request.run)))).toBe(false);
  await end();
});

test('a launch that is aborted ends the host that was prepared for it', async () => {
  const fleet = lab.fleet();
  const request = lab.request();
  const end = fleet.prepare(request);
  await prepared(request.run);
  await expect(fleet.launch(request, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  expect(orphans(request.run)).toEqual([]);
  await end();
});

test('why no host could be prepared is told by the launch, why no python3 was found by the preflight', async () => {
  const broken = lab.fleet({}, { ...lab.env, HOME: '/nowhere', XDG_STATE_HOME: '', PATH: '/nowhere' });
  const request = lab.request();
  const end = broken.prepare(request);
  const { checks } = await broken.preflight({ count: 2, minimum: 2, timeLimit: 60 }, never);
  expect(checks).toMatchObject([{ name: 'python3', outcome: 'failed' }]);
  await expect(broken.launch(request, never)).rejects.toThrow('the home directory /nowhere does not exist');
  await end();
});
