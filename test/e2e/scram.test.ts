import { existsSync, readdirSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cnd, type Workspace, endlessFlags, runEnded, workspace } from '../helper/cnd.ts';
import { orphans, untilGone } from '../helper/process.ts';

let place: Workspace;
let elsewhere: Workspace;
beforeEach(() => {
  place = workspace();
  elsewhere = workspace();
});
afterEach(() => {
  place.remove();
  elsewhere.remove();
});

const begin = async (): Promise<{ cnd: Cnd; run: string }> => {
  const cnd = place.start(['start', '--N', '2', '--T', '200', ...endlessFlags.split(' '), '--json']);
  const { run } = await cnd.event('search.all');
  return { cnd, run };
};

test('ps shows what runs, from any directory; scram of one run leaves the other alone', async () => {
  const [one, other] = await Promise.all([begin(), begin()]);
  const shown = await elsewhere.run(['ps', '--json'], { XDG_STATE_HOME: place.state });
  const runs = JSON.parse(shown.stdout) as {
    run: string;
    controller: string;
    instances: { state: string }[];
  }[];
  expect(runs.map(({ run }) => run)).toEqual(expect.arrayContaining([one.run, other.run]));
  const listed = runs.find(({ run }) => run === one.run);
  expect(listed?.controller).toBe('alive');
  expect(listed?.instances.map(({ state }) => state)).toEqual(['running', 'running']);

  const rehearsed = await elsewhere.run(['scram', '--run', one.run, '--dry-run'], {
    XDG_STATE_HOME: place.state,
  });
  expect(rehearsed).toMatchObject({ code: 0, stdout: expect.stringContaining(one.run) as string });
  expect(orphans(one.run).length).toBeGreaterThan(0);

  const result = await elsewhere.run(['scram', '--run', one.run], { XDG_STATE_HOME: place.state });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toMatch(new RegExp(`${one.run}.*terminated`));
  await untilGone(one.run);
  expect((await one.cnd.ended).code).toBe(143);

  expect(orphans(other.run).length).toBeGreaterThan(0);
  other.cnd.child.kill('SIGINT');
  expect(runEnded(await other.cnd.ended)).toMatchObject({ outcome: 'interrupted', left: [] });
  await untilGone(other.run);
});

test('scram finds a run by tag alone, without any live state', async () => {
  const { cnd, run } = await begin();
  cnd.child.kill('SIGKILL');
  await cnd.ended;
  const foreign = await elsewhere.run(['scram', '--run', run], {
    XDG_STATE_HOME: elsewhere.state,
    HOME: tmpdir(),
  });
  expect(foreign).toMatchObject({ code: 0, stdout: expect.stringContaining(run) as string });
  await untilGone(run);
});

test('scram of a run that is not there is content', async () => {
  const result = await place.run(['scram', '--run', '20200101-000000-aaaa']);
  expect(result).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to terminate') as string,
  });
});

test('scram forgets the live state of a controller that was killed', async () => {
  const { cnd, run } = await begin();
  cnd.child.kill('SIGKILL');
  await cnd.ended;
  await place.run(['scram', '--run', run]);
  expect(readdirSync(`${place.state}/cnd`)).toEqual([]);
});

test('a run that is scrammed says by whom, and keeps its syslogs', async () => {
  const { cnd, run } = await begin();
  const result = await elsewhere.run(['scram', '--run', run], { XDG_STATE_HOME: place.state });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const ended = await cnd.ended;
  expect(ended.code).toBe(143);
  const by = `${userInfo().username}@${hostname()} (pid `;
  const { outcome, reason, left } = runEnded(ended);
  expect({ outcome, left }).toEqual({ outcome: 'interrupted', left: [] });
  expect(reason).toContain(`scrammed by ${by}`);
  expect(reason).toMatch(/: cnd scram --run \S+\)$/);
  const logs = readdirSync(join(place.directory, 'logs', run)).filter((name) => name.endsWith('.gz'));
  expect(logs).toEqual(['Instance0.log.gz', 'Instance1.log.gz']);
  expect(existsSync(join(place.state, 'cnd', run))).toBe(false);
  await untilGone(run);
});

test('a controller that does not take note of a scram does not hold it up', async () => {
  const { cnd, run } = await begin();
  cnd.child.kill('SIGSTOP');
  const result = await elsewhere.run(['scram', '--run', run], { XDG_STATE_HOME: place.state });
  expect(result.code).toBe(0);
  expect(result.stdout).toMatch(new RegExp(`${run}.* 2 +terminated`));
  await untilGone(run);
  expect((await cnd.ended).signal).toBe('SIGKILL');
  expect(existsSync(join(place.state, 'cnd', run))).toBe(false);
});
