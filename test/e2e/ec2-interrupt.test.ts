import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { EventName } from '../../src/event/event.ts';
import { type Cnd, type Ended, endlessFlags, eventsOf, runEnded } from '../helper/cnd.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import type { Call } from '../helper/stage/aws/call.ts';
import type { MachineFault } from '../helper/stage/machine/machine-fault.ts';
import { useStage } from '../helper/stage/use.ts';
import type { StagePlace } from '../helper/stage/workspace.ts';

/** The calls of a run that uses everything, as `nameOf` has them, in about their order. */
const before = [
  'sts GetCallerIdentity',
  'ec2 DescribeImages',
  'ec2 DescribeInstanceTypes',
  'ec2 DescribeSubnets',
  'servicequotas GetServiceQuota',
  'ec2 DescribeInstances',
  'pricing GetProducts',
  'ec2 DescribeSpotPriceHistory',
  'ec2 DescribeSecurityGroups',
  'ec2 DescribeVolumes',
  'ec2 DescribeInstances, dry',
  'ec2 DescribeSecurityGroups, dry',
  'ec2 DescribeVolumes, dry',
  'ec2 RunInstances, dry',
  'ec2 CreateSecurityGroup, dry',
] as const;
const launching = [
  's3 HeadBucket',
  's3 PutObject, probe',
  's3 DeleteObject, probe',
  'sqs CreateQueue',
  'ec2 CreateSecurityGroup',
  'ec2 AuthorizeSecurityGroupIngress',
  'ec2 RunInstances',
  'ec2 DescribeInstances, of the run',
] as const;
const searching = ['ec2 GetConsoleOutput', 'sqs ReceiveMessage'] as const;
const byInstances = ['sqs ReceiveMessage, by an instance', 'sqs SendMessage, by an instance'] as const;
const ending = [
  'sqs SendMessage',
  's3 PutObject',
  's3 ListObjectsV2',
  'ec2 TerminateInstances',
  'ec2 DescribeSecurityGroups, of the run',
  'ec2 DescribeVolumes, of the run',
  'ec2 DeleteSecurityGroup',
  'sqs DeleteQueue',
] as const;

function nameOf({ service, action, parameters, accessKey }: Call): string {
  const traits = {
    dry: parameters['DryRun'] === 'true',
    probe: String(parameters['Key']).endsWith('.cnd-probe'),
    'of the run': Object.values(parameters).includes('tag:cnd:run'),
    'by an instance': accessKey.startsWith('ASIA'),
  };
  const own = Object.entries(traits).flatMap(([trait, is]) => (is ? [trait] : []));
  return [`${service} ${action}`, ...own].join(', ');
}

// Most of the time they wait: more at once would need more than two processors.
vi.setConfig({ maxConcurrency: 5 });

/** A golden nonce is found at once, or when the kernels are released, or never. */
const [soon, later, never] = ['--D 2', '--D 5 --chunk 30000', endlessFlags];

/** Interrupted, throttled or killed wherever it may be: all of these at the same time, each as a user of its own. */
describe.runIf(hasStage())('a run on EC2 that is cut short', { timeout: 240_000 }, () => {
  const on = useStage({
    shared: true,
    held: true,
    pending: 200,
    shuttingDown: 200,
    bootSeconds: 0,
    vcpus: 10_000,
  });

  beforeAll(() => on.stage.createBucket('bucket'));

  /** A place where a run uses everything there is; a second instance dies early, or has another misfortune. */
  const everything = (machineFault: Omit<MachineFault, 'instance'> = { failsAfter: 0.3 }): StagePlace => {
    const place = on.place({
      ec2: { spot: true, instanceProfile: 'cnd-agent' },
      logs: { bucket: 'bucket' },
    });
    place.injectFault({ ...machineFault, instance: 1 });
    return place;
  };

  const start = (place: StagePlace, flags: string, instances = 1): Cnd =>
    place.start(`start --N ${instances} --T 200 ${flags} --json`);

  /** So many instances that this call is made, and again. */
  const enough = (name: string): number =>
    name === 'ec2 GetConsoleOutput' || name === 'sqs SendMessage' ? 2 : 1;

  const named = ({ calls }: StagePlace, name: string): Call[] =>
    calls().filter((call) => nameOf(call) === name);

  /** Resolves once a call of this name is under way. */
  const underWay = async (place: StagePlace, name: string, cnd: Cnd): Promise<Call> => {
    let over = false;
    void cnd.ended.then(() => (over = true));
    const call = await eventually(name, () => named(place, name)[0] ?? (over && 'over'), 150).catch(
      () => 'late',
    );
    if (typeof call !== 'string') return call;
    cnd.child.kill('SIGKILL');
    throw new Error(`${call} without ${name}: ${(await cnd.ended).stdout.slice(-3000)}`);
  };
  /** Delays the first call of this name. */
  const delay = (place: StagePlace, name: string, milliseconds: number): void => {
    place.fault({ match: (call) => nameOf(call) === name, times: 1, delay: milliseconds });
  };

  /** What was on its way to AWS has its effect all the same, whoever has gone meanwhile. */
  const answered = async (...calls: Call[]): Promise<unknown> =>
    eventually('answers', () =>
      calls.every(({ action, status }) => action === 'ReceiveMessage' || status > 0),
    );

  const scramFromElsewhere = async (place: StagePlace): Promise<Ended> => place.elsewhere().run('scram');

  /** What a run says at its end, and with what it exits. */
  const endOf = async (cnd: Cnd): Promise<object> => {
    const ended = await cnd.ended;
    const { outcome, exitCode, left } = runEnded(ended);
    return { code: ended.code, stderr: ended.stderr, outcome, exitCode, left };
  };
  const interrupted = (code = 130): object => {
    return { code, stderr: '', outcome: 'interrupted', exitCode: code, left: [] };
  };

  test.concurrent(
    'kill -9 without anybody: the switches terminate all',
    async () => {
      const T = 40;
      const kill = async (until: (place: StagePlace, cnd: Cnd) => Promise<unknown>) => {
        const place = on.place();
        const cnd = place.start(`start --N 2 --T ${T} ${never} --json`);
        await until(place, cnd);
        cnd.child.kill('SIGKILL');
        await cnd.ended;
        await eventually('two instances', () => place.instances().length === 2);
        return place;
      };
      const places = await Promise.all([
        kill((place, cnd) => {
          delay(place, 'ec2 RunInstances', 300);
          return underWay(place, 'ec2 RunInstances', cnd);
        }),
        kill((_, cnd) => cnd.event('instance.launched')),
        kill((_, cnd) => cnd.event('search.all')),
      ]);
      const instances = places.flatMap((place) => place.instances());
      await eventually('terminated', () => instances.every(({ state }) => state === 'terminated'), 100);
      // T + 60 s of grace, from the boot; the switch may be a moment late.
      for (const { terminatedAt = Infinity, launchedAt, reason } of instances) {
        expect((terminatedAt - launchedAt) / 1000).toBeLessThan(T + 60 + 3);
        expect(reason?.code).toBe('Client.InstanceInitiatedShutdown');
      }
      for (const place of places) {
        const left = await place.orphans();
        expect(left.filter((what) => !/^(group|queue)/.test(what))).toEqual([]);
      }
      const scrams = await Promise.all(places.map(scramFromElsewhere));
      expect(scrams.map(({ code }) => code)).toEqual([0, 0, 0]);
      await Promise.all(places.map(({ untilClean }) => untilClean()));
    },
    150_000,
  );

  describe.concurrent('throttling', () => {
    /** Returns whether as many calls were refused, and one more was made. */
    const throttle = (place: StagePlace, name: string): (() => boolean) => {
      // What is only good to know is tried twice, and not for long.
      const times = /^(pricing|servicequotas)/.test(name) ? 1 : 2;
      place.fault({ match: (call) => nameOf(call) === name, times, error: 'Throttled' });
      const isThrottled = ({ error = '' }: Call): boolean => /Throttl|LimitExc|TooMany|SlowDown/.test(error);
      return () => {
        const calls = named(place, name);
        return calls.filter(isThrottled).length === times && calls.length > times;
      };
    };

    for (const name of before) {
      test(`of ${name} is waited out`, async () => {
        const place = everything();
        const throttled = throttle(place, name);
        const ended = await start(place, `${soon} --dry-run`).ended;
        expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
        const warnings = eventsOf(ended).flatMap((event) =>
          event.event === 'warning' ? [event.message] : [],
        );
        // What is only good to know about earlier runs is not waited for.
        const late = 'earlier runs could not be checked: no answer within 3 s';
        expect(warnings.filter((warning) => warning !== late)).toEqual(['dry run: nothing was launched']);
        // These two are asked by that search alone, which may be over before they are asked again.
        const isOfSearch = /^ec2 Describe(SecurityGroups|Volumes)$/.test(name);
        expect(throttled() || (isOfSearch && warnings.includes(late))).toBe(true);
      });
    }

    for (const name of searching) {
      test(`of ${name} is waited out`, async () => {
        const place = everything();
        const throttled = throttle(place, name);
        const cnd = start(place, later, enough(name));
        await eventually('one more', throttled, 60);
        place.release();
        expect(runEnded(await cnd.ended)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
        await place.untilClean();
      });
    }

    for (const name of [...launching, ...ending]) {
      test(`of ${name} is waited out`, async () => {
        // One that does not answer keeps the run from ending before a hit could be announced again.
        const place = everything(name === 'sqs SendMessage' ? { bootSeconds: 50 } : undefined);
        const throttled = throttle(place, name);
        const ended = await start(place, soon, enough(name)).ended;
        expect(runEnded(ended)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
        expect(throttled()).toBe(true);
        await place.untilClean();
      });
    }

    test('of sqs ReceiveMessage, by an instance, is waited out', async () => {
      const place = everything();
      const throttled = throttle(place, 'sqs ReceiveMessage, by an instance');
      const cnd = start(place, never);
      await eventually('one more', throttled, 60);
      cnd.child.kill('SIGINT');
      expect(await endOf(cnd)).toEqual(interrupted());
      await place.untilClean();
    });

    test('of sqs SendMessage, by an instance, is waited out', async () => {
      const place = everything();
      const throttled = throttle(place, 'sqs SendMessage, by an instance');
      const cnd = start(place, later);
      await cnd.event('instance.searching');
      // SSH says nothing of the hit: what is heard of it comes from the queue.
      place.stall();
      place.release();
      await cnd.event('hit');
      expect(throttled()).toBe(true);
      place.resume();
      expect(runEnded(await cnd.ended)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
      await place.untilClean();
    });

    test('of every call there is: none is forgotten here', async () => {
      const place = everything();
      const cnd = start(place, later, 2);
      const names = (): Set<string> => new Set(place.calls().map(nameOf));
      // It lasts until the death of an instance has been looked into, and agents poll.
      const meanwhile = [...before, ...launching, ...searching, byInstances[0]];
      await eventually('all until then', () => meanwhile.every((name) => names().has(name)));
      place.release();
      expect(runEnded(await cnd.ended)).toMatchObject({ outcome: 'found' });
      const listed = [...before, ...launching, ...searching, ...byInstances, ...ending];
      expect([...names()].toSorted()).toEqual(listed.toSorted());
    });
  });

  describe.concurrent('Ctrl-C', () => {
    for (const name of [...before, ...launching, ...searching]) {
      test(`while ${name} is under way leaves nothing`, async () => {
        const place = everything();
        delay(place, name, 700);
        const cnd = start(place, never, enough(name));
        const call = await underWay(place, name, cnd);
        cnd.child.kill('SIGINT');
        const { code, stderr } = await cnd.ended;
        expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
        await answered(call);
        await place.untilClean();
      });
    }

    for (const name of ending) {
      test(`after the golden nonce, while ${name} is under way, changes nothing`, async () => {
        const place = everything();
        delay(place, name, 700);
        const cnd = start(place, soon);
        await underWay(place, name, cnd);
        cnd.child.kill('SIGINT');
        expect(runEnded(await cnd.ended)).toMatchObject({ outcome: 'found', exitCode: 0, left: [] });
        await place.untilClean();
      });
    }

    const steps: readonly EventName[] = [
      'run.planned',
      'launch.started',
      'instance.launched',
      'instance.running',
      'instance.connected',
      'instance.armed',
      'instance.uploaded',
      'instance.searching',
      'instance.progress',
    ];
    for (const step of steps) {
      test(`after ${step} leaves nothing`, async () => {
        const place = on.place();
        const cnd = start(place, never);
        await cnd.event(step);
        cnd.child.kill('SIGINT');
        expect(await endOf(cnd)).toEqual(interrupted());
        await place.untilClean();
      });
    }

    test('while an instance is pending leaves nothing', async () => {
      const place = on.place();
      place.injectFault({ instance: 0, pendingSeconds: 50 });
      const cnd = start(place, never, 2);
      await cnd.event('instance.running', (event) => 'instance' in event && event.instance === 1);
      expect(place.instances('pending')).toHaveLength(1);
      cnd.child.kill('SIGINT');
      expect(await endOf(cnd)).toEqual(interrupted());
      await place.untilClean();
    });

    test('while an instance has no sshd yet leaves nothing', async () => {
      const place = on.place();
      place.injectFault({ instance: 0, bootSeconds: 50 }, { instance: 1, neverBoots: true });
      const cnd = start(place, never, 2);
      await Promise.all(
        [0, 1].map((k) =>
          cnd.event('instance.waiting', (event) => 'instance' in event && event.instance === k),
        ),
      );
      cnd.child.kill('SIGINT');
      expect(await endOf(cnd)).toEqual(interrupted());
      await place.untilClean();
    });

    test('twice, the second while TerminateInstances is under way, terminates no less', async () => {
      const place = on.place();
      delay(place, 'ec2 TerminateInstances', 1500);
      const cnd = start(place, never);
      await cnd.event('search.all');
      cnd.child.kill('SIGINT');
      await underWay(place, 'ec2 TerminateInstances', cnd);
      cnd.child.kill('SIGINT');
      expect(await endOf(cnd)).toEqual(interrupted());
      await place.untilClean();
    });

    test('twice, the second while logs are pulled, waits for them no longer', async () => {
      const place = on.place();
      const cnd = start(place, never);
      await cnd.event('search.all');
      cnd.child.kill('SIGINT');
      place.stall();
      await cnd.event('search.stopped');
      const begin = Date.now();
      cnd.child.kill('SIGINT');
      expect(await endOf(cnd)).toEqual(interrupted());
      const [first] = named(place, 'ec2 TerminateInstances');
      // One Ctrl-C would have waited for 5 s.
      expect((first?.time ?? Infinity) - begin).toBeLessThan(4000);
      await place.untilClean();
    });

    test('once, while one log stalls: instances whose log is in are terminated before, in one call', async () => {
      const place = on.place();
      const cnd = start(place, never, 3);
      await cnd.event('search.all');
      const first = await cnd.event(
        'instance.launched',
        (event) => 'instance' in event && event.instance === 0,
      );
      if (!('id' in first)) throw new Error('it has no id');
      on.stage.jump.stall(on.stage.ec2.instances.get(first.id)?.publicIp);
      cnd.child.kill('SIGINT');
      const ended = await cnd.ended;
      expect(runEnded(ended)).toMatchObject({ outcome: 'interrupted', left: [] });
      const told = eventsOf(ended).flatMap((event) =>
        event.event === 'logs.missing' || event.event === 'instance.terminated'
          ? [`${event.instance} ${event.event}`]
          : [],
      );
      expect(told.slice(0, 2).toSorted()).toEqual(['1 instance.terminated', '2 instance.terminated']);
      expect(told.slice(2)).toEqual(['0 logs.missing', '0 instance.terminated']);
      expect(named(place, 'ec2 TerminateInstances').length).toBeLessThanOrEqual(3);
      await place.untilClean();
    });

    test('again and again terminates no less', async () => {
      const place = on.place();
      const cnd = start(place, never);
      await cnd.event('instance.running');
      const again = setInterval(() => cnd.child.kill('SIGINT'), 10);
      const end = await endOf(cnd);
      clearInterval(again);
      expect(end).toEqual(interrupted());
      await place.untilClean();
    });
  });

  describe.concurrent('a signal', () => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      test(`${signal} ends the run with ${code}`, async () => {
        const place = on.place();
        const cnd = start(place, never);
        await cnd.event('search.all');
        cnd.child.kill(signal);
        expect(await endOf(cnd)).toEqual(interrupted(code));
        await place.untilClean();
      });
    }
  });

  describe.concurrent('kill -9', () => {
    for (const name of [...launching, ...ending]) {
      test(`while ${name} is under way: scram from elsewhere finds all`, async () => {
        const place = everything();
        delay(place, name, 700);
        const cnd = start(place, ending.some((one) => one === name) ? soon : never);
        const call = await underWay(place, name, cnd);
        cnd.child.kill('SIGKILL');
        await cnd.ended;
        await answered(call);
        expect(await scramFromElsewhere(place)).toMatchObject({ code: 0 });
        await place.untilClean();
      });
    }

    test('while RunInstances is under way, and scram before it has any effect', async () => {
      const place = on.place();
      delay(place, 'ec2 RunInstances', 4000);
      const cnd = start(place, never, 2);
      const call = await underWay(place, 'ec2 RunInstances', cnd);
      cnd.child.kill('SIGKILL');
      await cnd.ended;
      expect(call.status).toBe(0);
      expect(await scramFromElsewhere(place)).toMatchObject({ code: 0 });
      await place.untilClean();
      expect(place.instances('terminated')).toHaveLength(2);
    });

    const steps: readonly EventName[] = ['run.planned', 'instance.launched', 'search.all'];
    for (const step of steps) {
      test(`after ${step}: scram from elsewhere finds all`, async () => {
        const place = on.place();
        const cnd = start(place, never);
        await cnd.event(step);
        cnd.child.kill('SIGKILL');
        await cnd.ended;
        await answered(...place.calls());
        expect(await scramFromElsewhere(place)).toMatchObject({ code: 0 });
        await place.untilClean();
      });
    }
  });
});
