import { describe, expect, test } from 'vitest';
import { policies, policyScope } from '../../src/fleet/ec2/policy/policy.ts';
import { runEnded } from '../helper/cnd.ts';
import { allows, type Need } from '../helper/iam/evaluate.ts';
import { needsOf } from '../helper/iam/need.ts';
import { eventually } from '../helper/process.ts';
import { hasStage } from '../helper/stage/available.ts';
import { useStage } from '../helper/stage/use.ts';
import { clients } from '../stage/stage.ts';

const scope = policyScope({ account: '123456789012', region: 'us-east-1', bucket: 'logs' });

/** Both ways: what is called is allowed, and what is allowed is called. */
describe.runIf(hasStage())('the policies', () => {
  const on = useStage();

  test('allow every call of everything that cnd does, and nothing else', async () => {
    const documents = policies(scope);
    const settings = { instanceProfile: 'cnd-agent', schedulerRole: scope.schedulerRole, spot: true };
    const place = on.place({ ec2: settings, logs: { bucket: scope.bucket }, held: true });
    await on.stage.createBucket(scope.bucket);
    // Its last words are asked for.
    place.injectFault({ instance: 1, failsAfter: 4 });
    const cnd = place.start('start --N 2 --T 200 --D 5 --chunk 30000 --smallest --json');
    await cnd.event('instance.searching');
    // Its queue and its schedules are looked at.
    expect(await place.run('ps')).toMatchObject({ code: 0 });
    await eventually('last words', () => place.calls('ec2', 'GetConsoleOutput').length > 0);
    place.release();
    const { run, outcome } = runEnded(await cnd.ended);
    expect(outcome).toBe('found');
    // A volume that outlived its run, for scram.
    await clients(on.stage, on.stage.region, 'mallory').ec2.createVolume({
      AvailabilityZone: 'us-east-1a',
      Size: 8,
      TagSpecifications: [
        {
          ResourceType: 'volume',
          Tags: [
            { Key: 'cnd:run', Value: run },
            { Key: 'cnd:owner', Value: '123456789012:user/alice' },
          ],
        },
      ],
    });
    for (const command of ['doctor', 'scram', `logs show ${run}`, `logs rm ${run} --yes`])
      expect({ command, ...(await place.run(command)) }).toMatchObject({ code: 0 });
    await place.untilClean();

    const tagsOf = (id: string): Readonly<Record<string, string>> =>
      on.stage.ec2.instances.get(id)?.tags ?? { 'cnd:run': run };
    const needsBy = (prefix: string): Need[] =>
      place
        .calls()
        .filter(({ accessKey }) => accessKey.startsWith(prefix))
        .flatMap((call) => needsOf(call, tagsOf));
    const targets = place.calls('scheduler', 'CreateSchedule').map(({ parameters }) => {
      const { Arn, Input } = parameters['Target'] as { Arn: string; Input: string };
      const { InstanceIds: [id = ''] = [] } = JSON.parse(Input) as { InstanceIds?: string[] };
      const context = { 'aws:ResourceTag/cnd:run': tagsOf(id)['cnd:run'] ?? '' };
      const name = Arn.replace(/^arn:aws:scheduler:::aws-sdk:ec2:t/, 'ec2:T');
      return { action: name, resource: `arn:aws:ec2:us-east-1:123456789012:instance/${id}`, context };
    });
    for (const [policy, needs] of [
      [documents.user, needsBy('AKIA')],
      [documents.agentRole, needsBy('ASIA')],
      [documents.schedulerRole, targets],
    ] as const) {
      const denied = needs.filter((need) => !allows(policy, need));
      expect(denied).toEqual([]);
      const used = new Set(needs.map(({ action }) => action));
      const granted = policy.Statement.flatMap(({ Action }) => [Action].flat());
      expect(granted.filter((action) => !used.has(action))).toEqual([]);
    }
    // And the evaluation itself can say no.
    const [terminate] = targets;
    if (!terminate) throw new Error('no schedule was made');
    expect(allows(documents.user, terminate)).toBe(true);
    expect(allows(documents.user, { ...terminate, context: {} })).toBe(false);
    expect(allows(documents.agentRole, terminate)).toBe(false);
  }, 280_000);
});
