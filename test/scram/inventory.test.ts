import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fleet, FoundRun } from '../../src/fleet/fleet.ts';
import type { Instance } from '../../src/instance.ts';
import { type Holders, takeInventory } from '../../src/scram/inventory.ts';
import { scramRuns } from '../../src/scram/scram.ts';
import { type ProcessIdentity, identify } from '../../src/state/process.ts';
import { writeRunState } from '../../src/state/run-state.ts';
import { stateDirectory } from '../../src/state/state.ts';
import { fakeFleet } from '../helper/fake-fleet.ts';
import { type Behaviour, StandInFleet, instance } from '../run/stand-in-fleet.ts';

const [early, middle, late] = [
  '20261119-081103-aaaa',
  '20261120-081103-bbbb',
  '20261121-081103-cccc',
] as const;
const gone: ProcessIdentity = { pid: process.pid, start: 'in another life' };
let env: NodeJS.ProcessEnv;
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cnd-state-'));
  env = { XDG_STATE_HOME: home };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Notes a run as `cnd start` does, driven by this controller. */
async function note(
  run: string,
  controller: ProcessIdentity,
  fleet = 'one',
  place: { where?: string; account?: string } = {},
): Promise<void> {
  const times = { startedAt: '2026-11-20T08:11:03.000Z', expiresAt: '2026-11-20T08:12:03.000Z' };
  await writeRunState({ run, fleet, instances: 2, ...times }, env);
  const path = join(stateDirectory(run, env), 'state.json');
  writeFileSync(path, JSON.stringify({ run, fleet, ...place, instances: 2, ...times, controller }));
}

const found = (run: string, fleet: string, ...instances: Instance[]): FoundRun => ({ run, fleet, instances });
const unreachable = (name: string) =>
  new StandInFleet(name, { find: () => Promise.reject(new Error('no credentials')) });

/** A fleet on which these runs are found until they are terminated and disposed of. */
function fleetWith(name: string, runs: readonly FoundRun[], behaviour: Behaviour = {}): StandInFleet {
  const there = new Map(runs.map((run) => [run.run, run]));
  return new StandInFleet(name, {
    find: () => Promise.resolve([...there.values()]),
    terminate: (run) =>
      Promise.resolve(
        there.get(run)?.instances.map((one) => ({ ...one, state: 'terminated' as const })) ?? [],
      ),
    dispose: (run) => Promise.resolve(void there.delete(run)),
    ...behaviour,
  });
}

const holders = (...fleets: Fleet[]): Holders => ({ fleets, unreachable: [], skipped: [] });

describe('the inventory', () => {
  test('joins what the fleets find with what this machine notes', async () => {
    const self = identify(process.pid) ?? gone;
    await note(middle, self);
    await note(early, gone);
    const fleets = [
      fleetWith('one', [
        found(late, 'one', instance(0, 'running')),
        found(middle, 'one', instance(0, 'running'), instance(1, 'terminated')),
      ]),
    ];
    const { runs, checked, unreachable } = await takeInventory(holders(...fleets), env);
    expect({ checked, unreachable }).toEqual({ checked: ['one'], unreachable: [] });
    expect(runs).toMatchObject([
      { run: early, controller: 'gone', instances: [] },
      { run: middle, controller: 'alive', instances: [{ index: 0 }] },
      { run: late, controller: 'unknown', instances: [{ index: 0 }] },
    ]);
    expect(runs[1]?.expiresAt).toEqual(new Date('2026-11-20T08:12:03.000Z'));
    expect(runs[2]).not.toHaveProperty('expiresAt');
    expect(
      (await takeInventory(holders(...fleets), env, { run: middle })).runs.map(({ run }) => run),
    ).toEqual([middle]);
  });

  test('a fleet that cannot be asked does not hide the others', async () => {
    const fleets = [unreachable('two'), fleetWith('one', [found(late, 'one', instance(0, 'running'))])];
    const inventory = await takeInventory(holders(...fleets), env);
    expect(inventory.runs).toMatchObject([{ run: late }]);
    expect(inventory.checked).toEqual(['one']);
    expect(inventory.unreachable).toEqual([{ fleet: 'two', error: new Error('no credentials') }]);
  });
});

describe('scram', () => {
  const running = [instance(0, 'running'), instance(1, 'running')];

  test('terminates, disposes of and forgets every run', async () => {
    await note(early, gone);
    const one = fleetWith('one', [found(early, 'one', ...running)]);
    const two = fleetWith('two', [found(late, 'two', instance(0, 'pending'))]);
    const { results, left } = await scramRuns(holders(one, two), env, { everyone: false });
    expect(results).toEqual([
      { run: early, fleet: 'one', terminated: 2 },
      { run: late, fleet: 'two', terminated: 1 },
    ]);
    expect(left).toMatchObject({ runs: [], unreachable: [] });
    expect(one.calls.at(-1)).toBe(`dispose ${early}`);
    expect(existsSync(stateDirectory(early, env))).toBe(false);
  });

  test('of one run leaves the others alone', async () => {
    await note(late, gone);
    const one = fleetWith('one', [found(early, 'one', ...running), found(late, 'one', ...running)]);
    const { results, left } = await scramRuns(holders(one), env, { everyone: false, run: early });
    expect(results).toEqual([{ run: early, fleet: 'one', terminated: 2 }]);
    expect(left.runs).toEqual([]);
    expect(one.calls.join()).not.toContain(late);
    expect(existsSync(stateDirectory(late, env))).toBe(true);
  });

  test('a run with trouble does not save the others, and keeps its state', async () => {
    await note(early, gone);
    const one = fleetWith('one', [found(early, 'one', ...running), found(late, 'one', ...running)]);
    const stubborn: Behaviour = {
      terminate: (run) => one.terminate(run),
      find: () => one.find(),
      dispose: (run) => (run === early ? Promise.reject(new Error('group in use')) : one.dispose(run)),
    };
    const { results, left } = await scramRuns(holders(new StandInFleet('one', stubborn)), env, {
      everyone: false,
    });
    expect(results).toEqual([
      { run: early, fleet: 'one', terminated: 2, error: 'group in use' },
      { run: late, fleet: 'one', terminated: 2 },
    ]);
    expect(left.runs).toMatchObject([{ run: early }]);
    expect(existsSync(join(stateDirectory(early, env), 'state.json'))).toBe(true);
  });

  test('a fleet that cannot be asked does not save the others, and is reported', async () => {
    const one = fleetWith('one', [found(late, 'one', ...running)]);
    const { results, left } = await scramRuns(holders(unreachable('two'), one), env, { everyone: false });
    expect(results).toMatchObject([{ run: late, terminated: 2 }]);
    expect(left.unreachable).toMatchObject([{ fleet: 'two' }]);
  });

  test('the note of a dead controller whose instances are gone is forgotten', async () => {
    await note(early, gone);
    const { results, left } = await scramRuns(holders(fleetWith('one', [])), env, { everyone: false });
    expect(results).toEqual([{ run: early, fleet: 'one', terminated: 0 }]);
    expect(left.runs).toEqual([]);
    expect(existsSync(stateDirectory(early, env))).toBe(false);
  });

  test('a run on a fleet that this cnd does not have is trouble, not silence', async () => {
    await note(early, gone, 'moon');
    const { results } = await scramRuns(holders(fleetWith('one', [])), env, { everyone: false });
    expect(results).toMatchObject([
      { run: early, error: expect.stringMatching(/^moon cannot be checked/) as string },
    ]);
    expect(existsSync(stateDirectory(early, env))).toBe(true);
  });

  test('a run noted in another account is trouble: the same region of this one proves nothing', async () => {
    await note(early, gone, 'one', { where: 'r-1', account: '111' });
    const here = fakeFleet({ name: 'one', where: 'r-1', account: '222' });
    const { results } = await scramRuns(holders(here), env, { everyone: false });
    expect(results).toMatchObject([
      { run: early, error: expect.stringMatching(/one r-1 of account 111 cannot be checked/) as string },
    ]);
    expect(existsSync(stateDirectory(early, env))).toBe(true);
    // Who asks for one profile alone does not mean it, unless it is named.
    const filter = { everyone: false, onlyHere: true };
    expect((await scramRuns(holders(here), env, filter)).results).toEqual([]);
    expect((await scramRuns(holders(here), env, { ...filter, run: early })).results).toHaveLength(1);
    const there = fakeFleet({ name: 'one', where: 'r-1', account: '111' });
    const [result] = (await scramRuns(holders(here, there), env, { everyone: false })).results;
    expect(result?.error).toBeUndefined();
    expect(existsSync(stateDirectory(early, env))).toBe(false);
  });

  test('nothing there is nothing done', async () => {
    expect(await scramRuns(holders(fleetWith('one', [])), env, { everyone: false })).toMatchObject({
      results: [],
      left: { runs: [] },
    });
  });

  describe('with a controller that lives', () => {
    let controller: ChildProcess;
    beforeEach(async () => {
      controller = spawn('sleep', ['60'], { stdio: 'ignore' });
      await once(controller, 'spawn');
    });
    afterEach(() => controller.kill('SIGKILL'));

    test('it is told to end, and what it launched meanwhile is terminated as well', async () => {
      const identity = identify(controller.pid ?? 0);
      if (!identity) throw new Error('it has not started');
      await note(early, identity);
      const exit = once(controller, 'exit');
      const one = fleetWith('one', [found(early, 'one', ...running)], {
        // It has been told before anything is asked of the fleet: behind our back it would launch more.
        terminate: () => exit.then(() => []),
      });
      const { results } = await scramRuns(holders(one), env, { everyone: false });
      expect(await exit).toEqual([null, 'SIGTERM']);
      expect(results).toEqual([{ run: early, fleet: 'one', terminated: 2 }]);
      expect(one.calls).toEqual([`terminate ${early}`, `terminate ${early}`, `dispose ${early}`]);
    });

    test('it is not killed where nobody else can end the run', async () => {
      const identity = identify(controller.pid ?? 0);
      if (!identity) throw new Error('it has not started');
      await note(early, identity, 'moon');
      const exit = once(controller, 'exit');
      const { results } = await scramRuns(holders(fleetWith('one', [])), env, { everyone: false });
      expect(await exit).toEqual([null, 'SIGTERM']);
      expect(results).toMatchObject([
        {
          run: early,
          error: expect.stringMatching(/pid \d+, was told to terminate it, and has exited/) as string,
        },
      ]);
    });

    test('and believed when it has forgotten the run, as it does when nothing is left', async () => {
      const script = `trap 'rm -r "$1"; exit' TERM; echo ready; while :; do sleep 0.05; done`;
      const tidy = spawn('sh', ['-c', script, 'sh', stateDirectory(early, env)]);
      await once(tidy.stdout, 'data');
      const identity = identify(tidy.pid ?? 0);
      if (!identity) throw new Error('it has not started');
      await note(early, identity, 'moon');
      const { results } = await scramRuns(holders(fleetWith('one', [])), env, { everyone: false });
      expect(results).toEqual([{ run: early, fleet: 'moon', terminated: 0 }]);
    });

    test('a stranger with its pid is left alone', async () => {
      await note(early, { pid: controller.pid ?? 0, start: 'before it' });
      const { results } = await scramRuns(holders(fleetWith('one', [])), env, { everyone: false });
      expect(results).toMatchObject([{ run: early }]);
      expect(identify(controller.pid ?? 0)).toBeDefined();
    });
  });
});
