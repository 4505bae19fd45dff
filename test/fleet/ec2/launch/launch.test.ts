import { beforeEach, describe, expect, test } from 'vitest';
import type { Ec2Fleet } from '../../../../src/fleet/ec2/ec2.ts';
import { eventually } from '../../../helper/process.ts';
import { hasStage } from '../../../helper/stage/available.ts';
import { type Call, parameter } from '../../../helper/stage/aws/call.ts';
import { imagesOf } from '../../../helper/stage/ec2/image.ts';
import type { Stage } from '../../../helper/stage/stage.ts';
import { Ec2Lab, useLab } from '../lab.ts';

const never = new AbortController().signal;

// Instances without machines: what is tried here is the conversation with EC2.
describe.skipIf(!hasStage())('launching on EC2', () => {
  const on = useLab();
  let fleet: Ec2Fleet;
  const notices: string[] = [];
  beforeEach(() => {
    fleet = on.lab.fleet();
    notices.length = 0;
  });

  const living = (): number => on.stage.instances('pending').length + on.stage.instances('running').length;
  const request = (overrides: Parameters<Ec2Lab['request']>[0] = {}) =>
    on.lab.request({ notice: (message) => notices.push(message), ...overrides });
  const zones = (): string[] => on.stage.instances().map(({ zone }) => zone);

  test('goes on in the next zone when one has no more room', async () => {
    const [first = ''] = await zonesOf(on.stage);
    on.stage.ec2.capacity = [{ zone: first, most: 3 }];
    const launched = await fleet.launch(request({ count: 8 }), never);
    expect(launched.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(zones()).size).toBe(2);
    expect(zones().filter((zone) => zone === first)).toHaveLength(3);
    expect(notices).toEqual([`${first} has capacity for 3 of 8 c8a.medium`]);
  });

  test('of the default type, which alone is tried, it is told what to name besides it', async () => {
    on.stage.ec2.capacity = [{ most: 0 }];
    const failing = on.lab.fleet({ types: undefined }).launch(request({ count: 2 }), never);
    await expect(failing).rejects.toMatchObject({
      code: 'ec2-capacity',
      hint: expect.stringMatching(
        /tried without --type: name several, e\.g\. --type c8a\.medium,c7a\.medium,/,
      ),
    });
  });

  test('and with the next type when no zone has; indices are those that a stranger sees', async () => {
    on.stage.ec2.capacity = [{ type: 'c8a.medium', most: 0 }];
    const asked = request({ count: 2 });
    await on.lab.fleet({ types: ['c8a.medium', 'c6i.large'] }).launch(asked, never);
    expect(on.stage.instances().map(({ type }) => type)).toEqual(['c6i.large', 'c6i.large']);
    const seen = await eventually('both seen', async () => {
      const found = await on.lab.fleet().describe(asked.run);
      return found.length === 2 && found.map(({ index }) => index).toSorted((a, b) => a - b);
    });
    expect(seen).toEqual([0, 1]);
  });

  test('launches one more by a call of its own, with the index, group and keys of the run; terminated with it', async () => {
    const asked = request({ count: 2 });
    await fleet.launch(asked, never);
    const more = await fleet.launchReplacement({ run: asked.run, index: 2, lifetime: 60 }, never);
    expect(more.index).toBe(2);
    const launched = on.stage.instances();
    expect(launched).toHaveLength(3);
    // The keys are the run's, and each of the groups is: else nobody could log in.
    const keys = launched.map(({ userData }) => /ssh-ed25519 [A-Za-z0-9+/=]+/.exec(userData.toString())?.[0]);
    expect(new Set(keys).size).toBe(1);
    // As a run does: EC2 may not know an instance yet when it is asked for the first time.
    await eventually('all are over', async () => {
      await fleet.terminate(asked.run);
      return living() === 0;
    });
  });

  // The words of EC2 to accounts of the free plan (splunk/attack_range#1302 and others).
  const freePlan = {
    error: 'InvalidParameterCombination',
    message:
      "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run 'describe-instance-types' with the filter 'free-tier-eligible=true'.",
  };

  test.each([
    ['the free plan refuses', freePlan, false],
    ['the free plan refuses on the spot market', freePlan, true],
    ['the region does not know', { error: 'InvalidInstanceType' }, false],
    ['no zone offers', { error: 'Unsupported' }, false],
  ])('goes on with the next type after one that %s', async (_, errorKind, spot) => {
    const match = (call: Call): boolean => parameter(call, 'InstanceType') === 'c8a.medium';
    on.stage.faults.add({ action: 'RunInstances', match, ...errorKind });
    const choice = on.lab.fleet({ types: ['c8a.medium', 't3.micro'], spot });
    const launched = await choice.launch(request({ count: 2 }), never);
    expect(launched.map(({ type }) => type)).toEqual(['t3.micro', 't3.micro']);
    expect(notices.length).toBeGreaterThan(0);
    // A type that is refused as such is not tried in every zone.
    const tried = on.stage.calls('ec2', 'RunInstances').filter(match).length;
    if (errorKind.error !== 'Unsupported') expect(tried).toBe(1);
  });

  test.each([false, true])(
    'no type that the free plan allows: those that it does are named (spot: %s)',
    async (spot) => {
      on.stage.faults.add({ action: 'RunInstances', ...freePlan });
      await expect(on.lab.fleet({ spot }).launch(request(), never)).rejects.toMatchObject({
        code: 'ec2-type-refused',
        hint: expect.stringMatching(/--type [^ ]*t3\.micro[^ ]*;/) as string,
      });
      expect(living()).toBe(0);
    },
  );

  test('a type that the region does not have is left out; none that it has is an error', async () => {
    const launched = await on.lab.fleet({ types: ['c99a.huge', 'c8a.medium'] }).launch(request(), never);
    expect(launched.map(({ type }) => type)).toEqual(['c8a.medium', 'c8a.medium', 'c8a.medium']);
    await expect(on.lab.fleet({ types: ['c99a.huge'] }).launch(request(), never)).rejects.toMatchObject({
      code: 'ec2-no-type',
      message: expect.stringContaining('c99a.huge in us-east-1') as string,
    });
  });

  test('where no type is configured the best one is launched that the region offers, and it is said which', async () => {
    const region = 'eu-west-2';
    const london = on.lab.fleet({ region });
    const preflight = await london.preflight({ count: 2, minimum: 1, timeLimit: 200 }, never);
    expect(preflight.checks.find(({ name }) => name === 'instance type')).toMatchObject({
      outcome: 'ok',
      message: 'c7a.medium (x86_64, 1 vCPU): the default in eu-west-2, by hashes per dollar',
    });
    expect(preflight.facts).toContainEqual([
      'what',
      expect.stringMatching(/^2 × c7a\.medium, on demand, in eu-west-2/),
    ]);
    expect((await london.launch(request(), never)).map(({ type }) => type)).toEqual(
      Array(3).fill('c7a.medium'),
    );
    // One that somebody chose is never replaced.
    await expect(
      on.lab.fleet({ region, types: ['c8a.medium'] }).launch(request(), never),
    ).rejects.toMatchObject({ code: 'ec2-no-type' });
  });

  test('with an image by id that is one of its architecture', async () => {
    const image = imagesOf(on.stage.region).find(({ architecture }) => architecture === 'arm64');
    await on.lab.fleet({ image: image?.id ?? '' }).launch(request({ count: 1 }), never);
    expect(on.stage.instances().map(({ type }) => type)).toEqual(['c6g.medium']);
  });

  test('a zone that does not offer the type is passed over, and told of as that', async () => {
    const [first = ''] = await zonesOf(on.stage);
    const message = `Your requested instance type (c8a.medium) is not supported in your requested Availability Zone (${first}). Please retry your request by not specifying an Availability Zone.`;
    on.stage.faults.add({ action: 'RunInstances', error: 'Unsupported', message, times: 1 });
    await fleet.launch(request(), never);
    expect(new Set(zones())).not.toContain(first);
    expect(living()).toBe(3);
    expect(notices).toEqual([`${first} does not offer c8a.medium`]);
  });

  test('fewer than the minimum: nothing is left, and what was lacking is said', async () => {
    on.stage.ec2.capacity = [{ most: 3 }];
    await expect(fleet.launch(request({ count: 8, minimum: 4 }), never)).rejects.toMatchObject({
      code: 'ec2-capacity',
      message: expect.stringMatching(/8 instances cannot be launched in us-east-1/) as string,
      hint: expect.stringMatching(/no Availability Zone has capacity for c8a\.medium/) as string,
    });
    expect(on.stage.instances()).toHaveLength(3);
    expect(living()).toBe(0);
  });

  test('a quota that is used up ends it at once', async () => {
    on.stage.faults.add({ action: 'RunInstances', error: 'VcpuLimitExceeded' });
    await expect(fleet.launch(request(), never)).rejects.toMatchObject({ code: 'ec2-quota' });
    expect(on.stage.calls('ec2', 'RunInstances')).toHaveLength(1);
  });

  test('missing rights end it at once, and show at the group, which is free', async () => {
    on.stage.faults.add({ action: 'CreateSecurityGroup', error: 'Denied' });
    const asked = request();
    await expect(fleet.launch(asked, never)).rejects.toMatchObject({ code: 'aws-denied' });
    expect(on.stage.calls('ec2', 'RunInstances')).toHaveLength(0);
    // A group that was refused is not waited for: it is looked for once.
    await fleet.dispose(asked.run);
    expect(on.stage.calls('ec2', 'DescribeSecurityGroups')).toHaveLength(1);
  });

  test.each([
    ['a lost answer', { lost: 'after' as const, times: 2 }],
    ['a lost request', { lost: 'before' as const, times: 1 }],
    ['throttling', { error: 'Throttled', times: 2 }],
    ['an internal error', { error: 'Internal', times: 1 }],
  ])('after %s the same call is made again, and launches nothing twice', async (_, errorKind) => {
    on.stage.faults.add({ action: 'RunInstances', ...errorKind });
    const launched = await fleet.launch(request({ count: 3 }), never);
    expect(launched).toHaveLength(3);
    expect(living()).toBe(3);
    const tokens = on.stage.calls('ec2', 'RunInstances').map((call) => parameter(call, 'ClientToken'));
    expect(tokens.length).toBeGreaterThan(1);
    expect(new Set(tokens).size).toBe(1);
  });

  test.each(['CreateSecurityGroup', 'AuthorizeSecurityGroupIngress'])(
    'a lost answer to %s does not matter',
    async (action) => {
      on.stage.faults.add({ action, lost: 'after', times: 1 });
      expect(await fleet.launch(request(), never)).toHaveLength(3);
    },
  );

  test('aborted while the answer is under way: it is waited for, and everything is terminated', async () => {
    on.stage.faults.add({ action: 'RunInstances', delay: 600 });
    const controller = new AbortController();
    const launching = fleet.launch(request(), controller.signal);
    await eventually('asked', () => on.stage.calls('ec2', 'RunInstances').length > 0);
    controller.abort(new Error('stop'));
    await expect(launching).rejects.toThrow('stop');
    expect(living()).toBe(0);
  });

  test('aborted, and the answer comes later than it is waited for: terminated all the same', async () => {
    on.stage.faults.add({ action: 'RunInstances', delay: 7000 });
    const controller = new AbortController();
    const launching = fleet.launch(request(), controller.signal);
    await eventually('asked', () => on.stage.calls('ec2', 'RunInstances').length > 0);
    controller.abort(new Error('stop'));
    await expect(launching).rejects.toThrow('stop');
    expect(on.stage.instances()).toHaveLength(3);
    expect(living()).toBe(0);
  }, 20_000);

  test('credentials that expire after a lost answer prove nothing: it is looked until it is seen', async () => {
    const { lag } = on.stage.ec2;
    lag.constant = 400;
    on.stage.faults.add({ action: 'RunInstances', lost: 'after', times: 1 });
    on.stage.faults.add({ action: 'RunInstances', after: 1, error: 'Expired' });
    await expect(fleet.launch(request(), never)).rejects.toMatchObject({ code: 'aws-expired' });
    lag.constant = undefined;
    expect(on.stage.instances()).toHaveLength(3);
    expect(living()).toBe(0);
  });

  test('too few, and then trouble: with as many as must be the run goes on, and says why', async () => {
    on.stage.faults.add({
      action: 'RunInstances',
      after: 1,
      error: 'VcpuLimitExceeded',
      message: 'Too many vCPUs.',
    });
    expect(await fleet.launch(request({ count: 150 }), never)).toHaveLength(100);
    expect(notices).toEqual([expect.stringMatching(/^launch stopped early: .*vCPUs/) as string]);
  });

  test('a dry run carries the tags, and goes on in the next zone as the launch would', async () => {
    const [first = ''] = await zonesOf(on.stage);
    on.stage.ec2.capacity = [{ zone: first, most: 0 }];
    let probes = 0;
    const isDry = (call: Call): boolean => parameter(call, 'DryRun') === 'true';
    on.stage.faults.add({
      action: 'RunInstances',
      match: (call) => isDry(call) && probes++ === 0,
      error: 'Unsupported',
    });
    const { checks } = await on.lab.fleet().preflight({ count: 1, minimum: 1, timeLimit: 200 }, never);
    expect(checks.find(({ name }) => name === 'ec2:RunInstances')).toMatchObject({ outcome: 'ok' });
    expect(probes).toBe(2);
    const group = on.stage.calls('ec2', 'CreateSecurityGroup').find(isDry);
    expect(JSON.stringify(group?.parameters)).toContain('cnd:run');
  });

  test('aborted, and every answer is lost: found by tag, though late to be seen', async () => {
    on.stage.faults.add({ action: 'RunInstances', lost: 'after' });
    const controller = new AbortController();
    const launching = fleet.launch(request(), controller.signal);
    await eventually('launched', () => on.stage.instances().length > 0);
    controller.abort(new Error('stop'));
    await expect(launching).rejects.toThrow('stop');
    expect(on.stage.instances().length).toBeGreaterThan(0);
    expect(living()).toBe(0);
  });

  test('what dies by itself is told of with its reason and its console', async () => {
    const asked = request({ count: 2 });
    const [first] = await fleet.launch(asked, never);
    const id = first?.id ?? '';
    await eventually('seen', async () => (await fleet.describe(asked.run)).length === 2);
    on.stage.ec2.consoleOf = () => 'one\ntwo\nKernel panic\n';
    await on.stage.hypervisor.fail(id);
    const dead = await eventually('told', async () =>
      (await fleet.describe(asked.run)).find(
        (one) => one.id === id && one.state !== 'pending' && one.reason !== undefined,
      ),
    );
    expect(dead.reason).toMatch(/Internal error on launch; its console: .*Kernel panic/);
    await fleet.terminate(asked.run);
  });

  test('spot instances are asked for as such', async () => {
    const spot = on.lab.fleet({ spot: true });
    const preflight = await spot.preflight({ count: 2, minimum: 1, timeLimit: 200 }, never);
    expect(preflight.facts.find(([name]) => name === 'spot price')?.[1]).toMatch(
      /c8a\.medium \$0\.0\d+\/h now/,
    );
    await spot.launch(request({ count: 2 }), never);
    expect(on.stage.instances().every(({ spot }) => spot)).toBe(true);
    const call = on.stage
      .calls('ec2', 'RunInstances')
      .find((made) => parameter(made, 'DryRun') === undefined);
    expect(call && parameter(call, 'InstanceMarketOptions.SpotOptions.MaxPrice')).toMatch(/^0\.0\d+$/);
  });
});

/** The zones of the stage's region, in the order in which the fleet tries them. */
async function zonesOf(stage: Stage): Promise<string[]> {
  const lab = new Ec2Lab(stage);
  const fleet = lab.fleet();
  await fleet.launch(lab.request({ count: 1 }), never);
  const zones = stage.instances().map(({ zone }) => zone);
  await lab.close();
  return zones;
}
