import { describe, expect, test } from 'vitest';
import { createScheduleGroup, fireTime, scheduleInput } from '../../../src/fleet/ec2/schedule/schedule.ts';
import { scheduleOrphans } from '../../../src/fleet/ec2/schedule/orphan.ts';
import { isLiving } from '../../../src/instance.ts';
import { hasStage } from '../../helper/stage/available.ts';
import { eventually } from '../../helper/process.ts';
import { useLab } from './lab.ts';

const never = new AbortController().signal;
const role = 'arn:aws:iam::123456789012:role/cnd-scheduler';

test('fires at the minute after T + grace, in UTC, as the role, for one instance', () => {
  expect(fireTime(new Date('2026-11-20T10:00:00.001Z'))).toEqual(new Date('2026-11-20T10:01:00Z'));
  expect(fireTime(new Date('2026-11-20T10:00:00Z'))).toEqual(new Date('2026-11-20T10:00:00Z'));
  const run = { run: '20261120-081103-x7k2', expiresAt: new Date('2026-11-20T10:00:30Z') };
  expect(scheduleInput(run, 'i-1', role.replace('aws', 'aws-cn'))).toMatchObject({
    GroupName: 'cnd-20261120-081103-x7k2',
    ScheduleExpression: 'at(2026-11-20T10:01:00)',
    ScheduleExpressionTimezone: 'UTC',
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: 'arn:aws-cn:scheduler:::aws-sdk:ec2:terminateInstances',
      Input: '{"InstanceIds":["i-1"]}',
    },
  });
});

// No machine is behind these instances: as with an OS that hangs before its switch is armed, only EC2's API can end them.
describe.skipIf(!hasStage())('the schedules of a run', () => {
  const on = useLab();
  const living = (): number => on.stage.instances('pending').length + on.stage.instances('running').length;
  const finder = () => {
    const api = on.lab.api();
    return on.lab.fleet({}, { orphanKinds: [scheduleOrphans(api, false)] });
  };

  test('end its instances although their OS hangs and the laptop is gone; scram removes what is left', async () => {
    const asked = on.lab.request({ count: 3 });
    await on.lab.fleet({ schedulerRole: role }).launch(asked, never);
    const actions = on.stage.calls().map(({ action }) => action);
    expect(actions.indexOf('CreateScheduleGroup')).toBeLessThan(actions.indexOf('RunInstances'));
    const group = `cnd-${asked.run}`;
    const { schedules } = on.stage.scheduler;
    expect(schedules.map(({ ids }) => ids)).toHaveLength(3);
    expect(new Set(schedules.map(({ at }) => at))).toEqual(new Set([fireTime(asked.expiresAt).getTime()]));
    on.stage.scheduler.fire(group);
    expect(living()).toBe(0);
    const [found] = await eventually('found by its tags', async () => {
      const runs = await finder().find();
      return runs.length > 0 && runs;
    });
    expect(found).toMatchObject({ run: asked.run, owner: { self: true } });
    expect(found?.orphans).toContain(`schedules ${group}`);
    await finder().dispose(asked.run);
    expect(on.stage.calls('scheduler', 'DeleteScheduleGroup')).toHaveLength(1);
    await eventually('forgotten', async () => (await finder().find()).length === 0);
  });

  test.each(['CreateScheduleGroup', 'CreateSchedule'])(
    'a run without them ends at once: %s denied',
    async (action) => {
      on.stage.faults.add({ action, error: 'Denied' });
      await expect(
        on.lab.fleet({ schedulerRole: role }).launch(on.lab.request(), never),
      ).rejects.toMatchObject({
        code: 'aws-denied',
        hint: expect.stringContaining(`scheduler:${action}`) as string,
      });
      expect(living()).toBe(0);
    },
  );

  test.each([
    ['the group', 'ResourceNotFoundException', 'Schedule group cnd-x does not exist.'],
    [
      'the role',
      'ValidationException',
      'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
    ],
  ])('are created once %s is known to the scheduler', async (_, error, message) => {
    on.stage.faults.add({ action: 'CreateSchedule', error, message, times: 2 });
    await on.lab.fleet({ schedulerRole: role }).launch(on.lab.request({ count: 1 }), never);
    expect(on.stage.scheduler.schedules).toHaveLength(1);
  });

  test('a group that is deleted while others look at it is no trouble of theirs', async () => {
    const asked = on.lab.request({ count: 1 });
    await on.lab.fleet({ schedulerRole: role }).launch(asked, never);
    // Old enough that it means "gone", not "not known yet".
    const old = '20200101-000000-abcd';
    await createScheduleGroup(await on.lab.api().scheduler(), { ...asked, run: old, owner: 'o' }, never);
    on.stage.faults.add({
      service: 'scheduler',
      action: 'ListTagsForResource',
      error: 'ResourceNotFoundException',
      match: ({ parameters }) => JSON.stringify(parameters).includes(old),
    });
    const found = await scheduleOrphans(on.lab.api(), true).find();
    expect(found.map(({ run }) => run)).toEqual([asked.run]);
  });

  test('of a run that ends at once are deleted, although the scheduler does not know of the group yet', async () => {
    const asked = on.lab.request({ count: 1 });
    const orphanKinds = [scheduleOrphans(on.lab.api(), true)];
    const fleet = on.lab.fleet({ schedulerRole: role }, { orphanKinds });
    await fleet.launch(asked, never);
    on.stage.faults.add({ action: 'DeleteScheduleGroup', error: 'ResourceNotFoundException', times: 2 });
    await eventually('all over', async () => !(await fleet.terminate(asked.run)).some(isLiving));
    await fleet.dispose(asked.run);
    expect(on.stage.scheduler.schedules).toEqual([]);
  });

  test('are not made, and nobody needs rights for them, where no role is given', async () => {
    on.stage.faults.add({ service: 'scheduler', error: 'Denied' });
    const run = await on.lab.launched(1);
    expect(on.stage.calls('scheduler')).toEqual([]);
    const unseen: string[] = [];
    const report = { unseen: (what: string) => void unseen.push(what), skipped: () => {} };
    expect(await finder().find(report)).toMatchObject([{ run }]);
    expect(unseen).toEqual([]);
    await finder().terminate(run);
    await finder().dispose(run);
  });
});
