import { expect, describe, test } from 'vitest';
import { type EventualCall, eventual } from '../../src/aws/consistency.ts';
import { createQueue, queueInput, sqsClient } from '../../src/broadcast/sqs-queue.ts';
import { sdkApi } from '../../src/fleet/ec2/api.ts';
import { newRunId } from '../../src/run-id.ts';
import { createScheduleGroup } from '../../src/fleet/ec2/schedule/schedule.ts';
import { runEnded } from '../helper/cnd.ts';
import { hasStage } from '../helper/stage/available.ts';
import type { Call } from '../helper/stage/aws/call.ts';
import { useStage } from '../helper/stage/use.ts';

/** Calls that name nothing that a run has created: these AWS answers in one way, however new a run's things are. */
const settled = [
  'ec2:CreateSecurityGroup',
  'ec2:DescribeImages',
  'ec2:DescribeInstanceTypes',
  // By tag, as groups and volumes: what they do not show yet is looked for again.
  'ec2:DescribeInstances',
  'ec2:DescribeRegions',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVolumes',
  'pricing:GetProducts',
  's3:DeleteObject',
  's3:ListObjectsV2',
  'scheduler:CreateScheduleGroup',
  'scheduler:ListScheduleGroups',
  'servicequotas:GetServiceQuota',
  'sqs:CreateQueue',
  'sqs:ListQueues',
  'sts:GetCallerIdentity',
];

const schedulerRole = 'arn:aws:iam::123456789012:role/cnd-scheduler';
const never = new AbortController().signal;

/** Each call that names something new is answered twice as AWS may answer it then. */
describe.runIf(hasStage())('what AWS does not know of yet', () => {
  const on = useStage();

  test('is asked for again, whatever the call, and the table names every call that a run makes', async () => {
    const place = on.place({
      ec2: { instanceProfile: 'cnd-agent', schedulerRole },
      logs: { bucket: 'logs' },
    });
    await on.stage.createBucket('logs');
    const rows = Object.entries(eventual) as [EventualCall, (typeof eventual)[EventualCall]][];
    // What the checks before a launch ask for is of no run, and has no effect.
    const real = ({ parameters: { DryRun, Name, GroupName } }: Call): boolean =>
      DryRun !== 'true' && ![Name, GroupName].includes('cnd-20000101-000000-test');
    // On a machine that is slow enough things are no longer new: then the same words mean that they are gone.
    const age = (service: string): number => {
      const made = place.calls(service).findLast(({ action }) => action.startsWith('Create'));
      return made === undefined ? 0 : (Date.now() - made.time) / 1000;
    };
    for (const [call, { codes, seconds }] of rows) {
      const [service = '', action = ''] = call.split(':');
      // HeadBucket has no body, and so no code: its status is all there is.
      const status = service === 's3' ? { status: 404 } : {};
      place.fault({
        service,
        action,
        times: 2,
        error: codes[0],
        match: (one) => real(one) && age(service) < seconds / 2,
        ...status,
      });
    }
    const ended = await place.start('start --N 2 --T 200 --D 2 --json').ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(runEnded(ended)).toMatchObject({ outcome: 'found', left: [] });
    expect(on.stage.scheduler.schedules).toEqual([]);
    // A run that was killed in the moment after it had made its queue and its group of schedules.
    const run = newRunId();
    const tags = { run, owner: '123456789012:user/alice', expiresAt: new Date() };
    await createScheduleGroup(await sdkApi({}, on.stage.env()).scheduler(), tags, never);
    await createQueue(sqsClient({}, on.stage.env()), queueInput(run, tags));
    const second = await place.run('scram');
    expect(second.stdout).toMatch(new RegExp(`^${run} .* terminated$`, 'm'));
    expect(second.code).toBe(0);
    await place.untilClean();
    const made = new Set(place.calls().map(({ service, action }) => `${service}:${action}`));
    const known = [...settled, ...Object.keys(eventual)];
    expect([...made].filter((call) => !known.includes(call))).toEqual([]);
    expect(known.filter((call) => !made.has(call))).toEqual([]);
  }, 240_000);
});
