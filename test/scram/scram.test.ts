import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { FoundRun } from '../../src/fleet/fleet.ts';
import type { Instance } from '../../src/instance.ts';
import { takeInventory } from '../../src/scram/inventory.ts';
import { isOverdue, overdueWarnings } from '../../src/run/plan/overdue.ts';
import { newRunId } from '../../src/run-id.ts';
import { scramRuns } from '../../src/scram/scram.ts';
import { fakeFleet } from '../helper/fake-fleet.ts';

const env = { XDG_STATE_HOME: `${tmpdir()}/cnd-nothing-here` };
const holders = (...fleets: ReturnType<typeof fakeFleet>[]) => ({ fleets, unreachable: [], skipped: [] });
const running = (id: string): Instance => ({ id, index: 0, state: 'running' });
const found = (overrides: Partial<FoundRun> = {}): FoundRun => {
  return { fleet: 'fake', run: '20200101-000000-aaaa', instances: [running('i-1')], ...overrides };
};

test('while a launch may be under way an answer counts only when a later one shows nothing new', async () => {
  const answers: Instance[][] = [
    [],
    [{ id: 'i-late', index: 0, state: 'shutting-down' }],
    [{ id: 'i-late', index: 0, state: 'shutting-down' }],
  ];
  let asked = 0;
  let last: FoundRun[] = [found({ run: newRunId(), instances: [], orphans: ['group'] })];
  const fleet = fakeFleet({
    timing: { reserve: 3, grace: 5, boot: 0, poll: 0.01, settle: 0.05 },
    terminate: async () => answers[asked++] ?? [],
    dispose: async () => void (last = []),
    find: async () => last,
  });
  const { results, remaining } = await scramRuns(holders(fleet), env, { everyone: false });
  expect(asked).toBe(3);
  expect(results).toMatchObject([{ terminated: 1 }]);
  expect(results[0]?.error).toBeUndefined();
  expect(remaining).toEqual([]);
});

test('a fleet that answers only when it is asked again is scrammed all the same', async () => {
  const ended: string[] = [];
  let asked = 0;
  const fleet = fakeFleet({
    terminate: async (run) => {
      ended.push(run);
      return [];
    },
    find: () => (asked++ === 0 ? Promise.reject(new Error('throttled')) : Promise.resolve([found()])),
    timing: { reserve: 3, grace: 5, boot: 0, poll: 0.01, settle: 0.05 },
  });
  const { results, left } = await scramRuns(holders(fleet), env, { everyone: false });
  expect(results).toMatchObject([{ run: '20200101-000000-aaaa' }]);
  expect(ended[0]).toBe('20200101-000000-aaaa');
  expect(left.unreachable).toEqual([]);
});

test('that nothing is seen is believed only when it is so again some time later, and told until then', async () => {
  const late = [[], [], [found()], []];
  let asked = 0;
  const again: number[] = [];
  const fleet = fakeFleet({
    find: async () => late[Math.min(asked++, 3)] ?? [],
    timing: { reserve: 3, grace: 5, boot: 0, poll: 0.01, settle: 0.2 },
  });
  const onRecheck = (seconds: number): void => void again.push(seconds);
  expect((await scramRuns(holders(fleet), env, { everyone: false, onRecheck })).results).toEqual([]);
  expect(asked).toBe(2);
  expect(again).toEqual([expect.closeTo(0.2, 1)]);
  const { results } = await scramRuns(holders(fleet), env, { everyone: false });
  expect(results).toHaveLength(1);
});

test('a run that seems to have been begun since is left alone, and told, unless it is named', async () => {
  const soon = newRunId(new Date(Date.now() + 60_000));
  const looks = (): (() => Promise<FoundRun[]>) => {
    let asked = 0;
    return async () => (asked++ === 0 ? [] : [found({ run: soon })]);
  };
  const timing = { reserve: 3, grace: 5, boot: 0, poll: 0.01, settle: 0.05 };
  const { results, later } = await scramRuns(holders(fakeFleet({ find: looks(), timing })), env, {
    everyone: false,
  });
  expect({ results, later }).toMatchObject({ results: [], later: [{ run: soon }] });
  const named = await scramRuns(holders(fakeFleet({ find: looks(), timing })), env, {
    everyone: false,
    run: soon,
  });
  expect(named).toMatchObject({ results: [{ run: soon }], later: [] });
});

test('a slow fleet does not keep another from being scrammed', async () => {
  const order: string[] = [];
  let answer: () => void = () => {};
  const slow = fakeFleet({
    find: () =>
      new Promise<FoundRun[]>((resolve) => {
        answer = () => {
          order.push('slow answers');
          resolve([]);
        };
      }),
  });
  const quick = fakeFleet({
    found: [found()],
    terminate: async () => {
      if (order.length === 0) setImmediate(() => answer());
      order.push('terminated');
      return [];
    },
  });
  const ending = scramRuns(holders(slow, quick), env, { everyone: false });
  const timer = setInterval(() => answer(), 500);
  await ending;
  clearInterval(timer);
  expect(order[0]).toBe('terminated');
});

test('runs of others are spared, and one that cannot be ended does not save the others', async () => {
  const ended: string[] = [];
  const all = [
    found({ run: '20200101-000000-aaaa' }),
    found({ run: '20200101-000000-bbbb', owner: { name: 'bob', self: false } }),
    found({ run: '20200101-000000-cccc', owner: { name: 'me', self: true } }),
  ];
  const fleet = fakeFleet({
    terminate: async (run) => {
      ended.push(run);
      return [];
    },
    dispose: async (run) => {
      if (run.endsWith('aaaa')) throw new Error('still in use');
    },
    find: async () => all,
  });
  const { results, spared } = await scramRuns(holders(fleet), env, { everyone: false });
  expect(results.map(({ run, error }) => [run.slice(-4), error])).toEqual([
    ['aaaa', 'still in use'],
    ['cccc', undefined],
  ]);
  expect(spared.map(({ run }) => run.slice(-4))).toEqual(['bbbb']);
  expect(new Set(ended.map((run) => run.slice(-4)))).toEqual(new Set(['aaaa', 'cccc']));
});

test('a fleet that cannot be asked does not hide the others', async () => {
  const mute = fakeFleet({ name: 'ec2', where: 'r-1', find: () => Promise.reject(new Error('no way')) });
  const { runs, checked, unreachable } = await takeInventory(
    holders(mute, fakeFleet({ found: [found()] })),
    env,
  );
  expect(runs).toHaveLength(1);
  expect(checked).toEqual(['fake']);
  expect(unreachable).toMatchObject([{ fleet: 'ec2 r-1' }]);
});

test('one region is that region alone', async () => {
  const [one, two] = ['r-1', 'r-2'].map((where) => fakeFleet({ where, found: [found()] }));
  if (!one || !two) throw new Error('unreachable');
  const { runs } = await takeInventory(holders(one, two, fakeFleet({ found: [found()] })), env, {
    where: 'r-2',
  });
  expect(runs.map(({ where }) => where)).toEqual(['r-2']);
});

test('a run of ours with instances after its expiry is warned about', async () => {
  const now = Date.now();
  const expiresAt = new Date(now - 1000);
  expect(isOverdue(found({ expiresAt }), now)).toBe(true);
  expect(isOverdue(found({ expiresAt: new Date(now + 1000) }), now)).toBe(false);
  expect(isOverdue(found(), now)).toBe(false);
  expect(isOverdue(found({ expiresAt, instances: [] }), now)).toBe(false);
  expect(isOverdue(found({ expiresAt, owner: { name: 'bob', self: false } }), now)).toBe(false);
  const [warning] = await overdueWarnings(fakeFleet({ found: [found({ expiresAt })] }), now);
  expect(warning?.hint).toMatch(/cnd scram --run 20200101-000000-aaaa/);
  const mute = fakeFleet({ find: () => Promise.reject(new Error('no way')) });
  expect(await overdueWarnings(mute)).toEqual([
    {
      message: expect.stringMatching(/^earlier runs could not be checked: ./),
      hint: 'see what is running with: cnd ps',
    },
  ]);
});
