import { gunzipSync } from 'node:zlib';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fleet, LaunchRequest } from '../../src/fleet/fleet.ts';
import type { Instance, InstanceState } from '../../src/instance.ts';
import { CndError } from '../../src/error.ts';
import { newRunId } from '../../src/run-id.ts';
import { terminateAll } from '../../src/fleet/terminate-all.ts';
import type { Channel, Session } from '../../src/session/session.ts';
import { eventually } from '../helper/process.ts';

/** A fleet under test and what the suite must know of its surroundings. */
export interface FleetHarness {
  readonly fleet: Fleet;
  /** What it says of an instance once it has been told to terminate it. */
  readonly gone: readonly InstanceState[];
  /** The same fleet for another process of the same user, that knows nothing but what can be found. */
  stranger(): Fleet;
  /** A fleet that cannot have the minimum. */
  failing(): Fleet;
  /** What still exists of a run in the real world, in words; empty when it is gone. */
  orphans(run: string): Promise<string[]>;
  /** After each test. */
  close(): Promise<void>;
}

/** What every fleet promises (src/fleet/fleet.ts). */
export function describeFleet(name: string, open: () => Promise<FleetHarness>): void {
  describe(`fleet ${name}`, () => {
    let harness: FleetHarness;
    let fleet: Fleet;
    const runs = new Set<string>();
    const sessions = new Set<Session>();
    const never = new AbortController().signal;

    beforeEach(async () => {
      harness = await open();
      fleet = harness.fleet;
    });

    afterEach(async () => {
      await Promise.all([...sessions].map(async (session) => session.close()));
      sessions.clear();
      const left = await Promise.all([...runs].map(async (run) => harness.orphans(run)));
      runs.clear();
      await harness.close();
      expect(left.flat()).toEqual([]);
    });

    function request(overrides: Partial<LaunchRequest> = {}): LaunchRequest {
      const run = newRunId();
      runs.add(run);
      return {
        run,
        count: 3,
        minimum: 3,
        lifetime: 120,
        expiresAt: new Date(Date.now() + 120_000),
        ...overrides,
      };
    }

    const isGone = ({ state }: Instance): boolean => harness.gone.includes(state);
    function expectGone(instances: readonly Instance[]): void {
      for (const { state } of instances) expect(harness.gone).toContain(state);
    }

    async function running(run: string, count: number): Promise<Instance[]> {
      const instances = await eventually(`${count} running`, async () => {
        const instances = (await fleet.describe(run)).filter(({ state }) => state === 'running');
        return instances.length === count && instances.toSorted((a, b) => a.index - b.index);
      });
      return instances;
    }

    async function connect(
      instance: Instance | undefined,
      signal = AbortSignal.timeout(20_000),
    ): Promise<Session> {
      if (!instance) throw new Error('no instance');
      const session = await fleet.connect(instance, { signal });
      sessions.add(session);
      return session;
    }

    /** Does what a run does before it puts a worker on an instance, and starts something as a worker is started. */
    async function begin(run: string, instance: Instance | undefined, command: string): Promise<Channel> {
      const session = await connect(instance);
      const { guard } = fleet;
      if (!guard || !instance) return session.stream(command);
      const armed = await session.stream(await guard.arm(run, instance, 120));
      const [said] = (await once(armed.stdout, 'data')) as [Buffer];
      expect(said.toString()).toBe('armed\n');
      return session.stream(guard.tag(run, instance, command));
    }

    test('launches what was asked, each with its index, an id of its own and at least one thread', async () => {
      const asked = request();
      const launched = await fleet.launch(asked, never);
      expect(launched.map(({ index }) => index)).toEqual([0, 1, 2]);
      expect(new Set(launched.map(({ id }) => id)).size).toBe(3);
      const instances = await running(asked.run, 3);
      expect(instances.map(({ id, index }) => [id, index])).toEqual(
        launched.map(({ id, index }) => [id, index]),
      );
      for (const { threads } of instances) expect(threads ?? 1).toBeGreaterThanOrEqual(1);
      await fleet.terminate(asked.run);
    });

    test('is reached by a session, on each instance', async () => {
      const asked = request();
      await fleet.launch(asked, never);
      const instances = await running(asked.run, 3);
      for (const instance of instances) {
        const session = await connect(instance);
        expect(session.address).toBe(instance.address);
        const { code, stdout } = await session.exec('cat; exit 7', { stdin: 'hello' });
        expect([code, stdout.toString()]).toEqual([7, 'hello']);
      }
      await fleet.terminate(asked.run);
    });

    test('says what it waits for, and stops waiting when told', async () => {
      const asked = request({ count: 1, minimum: 1 });
      await fleet.launch(asked, never);
      const [instance] = await running(asked.run, 1);
      await connect(instance);
      await expect(connect(instance, AbortSignal.abort(new Error('stop')))).rejects.toThrow(CndError);
      await fleet.terminate(asked.run);
    });

    test('terminates some instances and leaves the others alone', async () => {
      const asked = request();
      await fleet.launch(asked, never);
      const [first, second, third] = await running(asked.run, 3);
      const shells = await Promise.all([connect(first), connect(second), connect(third)]);
      const works = await Promise.all(
        [first, second, third].map(async (instance) =>
          begin(asked.run, instance, 'echo up; exec sleep 1000'),
        ),
      );
      for (const work of works) expect(String(await once(work.stdout, 'data'))).toBe('up\n');
      const closed = works.map((work) => {
        const state = { closed: false };
        work.stdout.resume();
        work.stderr.resume();
        void work.exit.then(() => (state.closed = true));
        return state;
      });
      const after = await fleet.terminate(asked.run, [second?.id ?? '']);
      expect(after.map(({ id }) => id)).toEqual([second?.id]);
      expectGone(after);
      await eventually('its worker gone', () => closed[1]?.closed);
      if (fleet.guard) {
        expect((await shells[1].exec('echo the machine lives')).stdout.toString()).toBe(
          'the machine lives\n',
        );
      } else {
        expect(await shells[1].closed).toMatchObject({ code: 'session-lost' });
        await expect(connect(second, AbortSignal.timeout(1500))).rejects.toThrow(CndError);
      }
      const left = await running(asked.run, 2);
      expect(left.map(({ index }) => index)).toEqual([0, 2]);
      expect((await shells[2].exec('echo alive')).stdout.toString()).toBe('alive\n');
      expect(closed.map((state) => state.closed)).toEqual([false, true, false]);
      await fleet.terminate(asked.run);
    });

    test('terminates all, again and again, and nothing of the run is left', async () => {
      const asked = request();
      await fleet.launch(asked, never);
      const [first] = await running(asked.run, 3);
      const { exit } = await begin(asked.run, first, 'exec sleep 1000');
      for (let time = 0; time < 3; time++) {
        const after = await fleet.terminate(asked.run);
        expectGone(after);
      }
      await exit;
      await eventually('described as gone', async () => (await fleet.describe(asked.run)).every(isGone), 10);
      expect(await harness.orphans(asked.run)).toEqual([]);
      await fleet.dispose(asked.run);
      await fleet.dispose(asked.run);
      expect(await fleet.describe(asked.run)).toEqual([]);
    });

    test('is found by another process, which can terminate it', async () => {
      const [one, two] = [request(), request({ count: 1, minimum: 1 })];
      await fleet.launch(one, never);
      await fleet.launch(two, never);
      await running(one.run, 3);
      const stranger = harness.stranger();
      const found = (await stranger.find()).find(({ run }) => run === one.run);
      expect(found?.fleet).toBe(fleet.name);
      expect(found?.expiresAt?.getTime()).toBeCloseTo(one.expiresAt.getTime(), -4);
      expect(found?.instances.map(({ index, state }) => [index, state])).toEqual(
        [0, 1, 2].map((index) => [index, 'running']),
      );
      const after = await stranger.terminate(one.run);
      expect(after).toHaveLength(3);
      expectGone(after);
      await stranger.dispose(one.run);
      // Lists may be behind what was deleted.
      const isListed = async () => (await stranger.find()).some(({ run }) => run === one.run);
      await eventually('forgotten', async () => !(await isListed()), 10);
      expect(await running(two.run, 1)).toHaveLength(1);
      await fleet.terminate(two.run);
    });

    test('is recovered by another process, which reaches its instances and terminates them', async () => {
      const asked = request({ count: 2, minimum: 2 });
      await fleet.launch(asked, never);
      const instances = await running(asked.run, 2);
      const work = await begin(asked.run, instances[0], 'echo up; exec sleep 1000');
      expect(String(await once(work.stdout, 'data'))).toBe('up\n');
      const handle = JSON.stringify(fleet.handle(asked.run));
      expect(handle).not.toContain('PRIVATE KEY');
      const stranger = harness.stranger();
      await stranger.recover(asked.run, JSON.parse(handle));
      const seen = await stranger.describe(asked.run);
      const told = (some: readonly Instance[]) =>
        some
          .map(({ id, index, address }) => [id, index, address])
          .toSorted(([, a], [, b]) => Number(a) - Number(b));
      expect(told(seen)).toEqual(told(instances));
      for (const instance of seen) {
        const session = await stranger.connect(instance, { signal: AbortSignal.timeout(20_000) });
        sessions.add(session);
        expect((await session.exec('echo reached')).stdout.toString()).toBe('reached\n');
      }
      expectGone(await stranger.terminate(asked.run));
      await work.exit;
      await stranger.dispose(asked.run);
    });

    test('knows nothing of a run that never was', async () => {
      const run = newRunId();
      expect(await fleet.describe(run)).toEqual([]);
      expect(await fleet.terminate(run)).toEqual([]);
      await fleet.dispose(run);
    });

    test('leaves nothing of a launch that fails', async () => {
      const asked = request();
      await expect(harness.failing().launch(asked, never)).rejects.toThrow(CndError);
      expect(await harness.orphans(asked.run)).toEqual([]);
    });

    test('leaves nothing of a launch that is aborted, whenever that is', async () => {
      const early = request();
      await expect(fleet.launch(early, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
      expect(await harness.orphans(early.run)).toEqual([]);
      for (const delay of [1, 20, 45, 70]) {
        const asked = request();
        const controller = new AbortController();
        setTimeout(() => controller.abort(), delay);
        const answer = await fleet.launch(asked, controller.signal).then(
          () => 'launched',
          () => 'aborted',
        );
        // As a run does it: a fleet may not know yet what it has just launched, and be told again.
        if (answer === 'launched') await terminateAll(fleet, asked.run, [], 30);
        expect(await harness.orphans(asked.run), `${answer} after ${delay} ms`).toEqual([]);
      }
    });

    test('gives a command that writes the syslog, gzip-compressed', async () => {
      const asked = request({ count: 1, minimum: 1 });
      await fleet.launch(asked, never);
      const [instance] = await running(asked.run, 1);
      if (!instance) throw new Error('no instance');
      await (
        await begin(asked.run, instance, 'true')
      ).exit;
      const session = await connect(instance);
      const pull = async (): Promise<string> => {
        const { stdout } = await session.exec(fleet.syslogCommand(asked.run, instance));
        return gunzipSync(stdout).toString();
      };
      // What guards the instance may write its first line only now.
      expect(await eventually('a line', async () => /^\S.*\n/.test(await pull()))).toBe(true);
      await fleet.terminate(asked.run);
    });
  });
}
