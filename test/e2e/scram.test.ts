import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cnd, type Workspace, runEnded, workspace } from '../helper/cnd.ts';
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
  const cnd = place.start(['start', '--N', '2', '--T', '200', '--D', '16', '--json']);
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
