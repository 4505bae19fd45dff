import { describe, expect, test } from 'vitest';
import { findGroups } from '../../../../src/fleet/ec2/launch/group.ts';
import { scheduleOrphans } from '../../../../src/fleet/ec2/schedule/orphan.ts';
import { createScheduleGroup } from '../../../../src/fleet/ec2/schedule/schedule.ts';
import { runTags } from '../../../../src/fleet/ec2/tag.ts';
import { queueOrphans } from '../../../../src/fleet/ec2/terminate/queue.ts';
import { newRunId } from '../../../../src/run-id.ts';
import { hasStage } from '../../../helper/stage/available.ts';
import type { Fault } from '../../../helper/stage/aws/fault.ts';
import { clients } from '../../../stage/stage.ts';
import { useLab } from '../lab.ts';

const never = new AbortController().signal;

/** More than the SDK repeats a call: its five attempts, and one of the next time. */
const times = 6;

describe.skipIf(!hasStage())('what a run leaves on AWS', () => {
  const on = useLab();

  const failures: readonly (readonly [string, Omit<Fault, 'action'>])[] = [
    ['is lost after its effect', { lost: 'after' }],
    ['is a server error', { error: 'Internal' }],
    ['is throttled', { error: 'Throttled' }],
  ];

  test.each(failures)('is deleted, though for a while every answer to a deletion %s', async (_, failure) => {
    const { lab, stage } = on;
    const { ec2, sqs } = clients(stage);
    const run = newRunId();
    const tags = { run, owner: '123456789012:user/alice', expiresAt: new Date(Date.now() + 60_000) };
    const [{ Vpcs: [vpc] = [] }] = await Promise.all([
      ec2.describeVpcs({}),
      createScheduleGroup(await lab.api().scheduler(), tags, never),
      sqs.createQueue({
        QueueName: `cnd-${run}`,
        tags: Object.fromEntries(runTags(tags).map(({ Key = '', Value = '' }) => [Key, Value])),
      }),
      ec2.createVolume({
        AvailabilityZone: `${stage.region}a`,
        Size: 8,
        TagSpecifications: [{ ResourceType: 'volume', Tags: runTags(tags) }],
      }),
    ]);
    await ec2.createSecurityGroup({
      GroupName: `cnd-${run}`,
      Description: 'of a run',
      VpcId: vpc?.VpcId,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: runTags(tags) }],
    });
    // What was just created is not yet listed, and whoever did not create it can't know of it.
    const listed = async () => (await findGroups(ec2, run)).length;
    await expect.poll(listed, { timeout: 30_000, interval: 100 }).toBe(1);
    const deletions = ['DeleteSecurityGroup', 'DeleteVolume', 'DeleteQueue', 'DeleteScheduleGroup'];
    for (const action of deletions) stage.faults.add({ ...failure, action, times });
    const { region } = stage;
    const orphanKinds = [queueOrphans({ region }, lab.env()), scheduleOrphans(lab.api(), true)];
    await lab.fleet({}, { orphanKinds }).dispose(run);
    for (const action of deletions)
      expect(stage.calls().filter((call) => call.action === action).length).toBeGreaterThan(0);
    expect(await stage.orphans()).toEqual([]);
  });
});
