import { expect, describe, test } from 'vitest';
import { type EventualCall, eventual } from '../../src/aws/consistency.ts';
import { runEnded } from '../helper/cnd.ts';
import { hasStage } from '../helper/stage/available.ts';
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
  // By `scram`: the group of schedules that an earlier run may have left.
  'scheduler:DeleteScheduleGroup',
  'scheduler:ListScheduleGroups',
  'servicequotas:GetServiceQuota',
  'sqs:CreateQueue',
  'sqs:ListQueues',
  'sts:GetCallerIdentity',
];

/** Each call that names something new is answered twice as AWS may answer it then. */
describe.runIf(hasStage())('what AWS does not know of yet', () => {
  const on = useStage();

  test('is asked for again, whatever the call, and the table names every call that a run makes', async () => {
    const place = on.place({ ec2: { instanceProfile: 'cnd-agent' }, logs: { bucket: 'logs' } });
    await on.stage.createBucket('logs');
    const rows = Object.entries(eventual) as [EventualCall, (typeof eventual)[EventualCall]][];
    for (const [call, { codes }] of rows) {
      const [service = '', action = ''] = call.split(':');
      // HeadBucket has no body, and so no code: its status is all there is.
      const status = service === 's3' ? { status: 404 } : {};
      const real = ({ parameters }: { parameters: Readonly<Record<string, unknown>> }): boolean =>
        parameters['DryRun'] !== 'true';
      place.fault({ service, action, times: 2, error: codes[0], match: real, ...status });
    }
    const ended = await place.start('start --N 2 --T 90 --D 2 --json').ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(runEnded(ended)).toMatchObject({ outcome: 'found', left: [] });
    const second = await place.run('scram');
    expect(second.code).toBe(0);
    await place.untilClean();
    const made = new Set(place.calls().map(({ service, action }) => `${service}:${action}`));
    const known = [...settled, ...Object.keys(eventual)];
    expect([...made].filter((call) => !known.includes(call))).toEqual([]);
    expect(known.filter((call) => !made.has(call))).toEqual([]);
  }, 120_000);
});
