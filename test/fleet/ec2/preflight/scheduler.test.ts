import { describe, expect, test } from 'vitest';
import { hasStage } from '../../../helper/stage/available.ts';
import { useLab } from '../lab.ts';

const never = new AbortController().signal;
const role = 'arn:aws:iam::123456789012:role/cnd-scheduler';

describe.skipIf(!hasStage())('the permissions of the scheduler are checked before a launch', () => {
  const on = useLab();
  const checked = async (schedulerRole?: string) => {
    const request = { count: 1, minimum: 1, timeLimit: 60 };
    const { checks } = await on.lab.fleet({ schedulerRole }).preflight(request, never);
    return checks.find(({ name }) => name === 'AWS scheduler');
  };

  test('and nothing is made by that', async () => {
    expect(await checked(role)).toMatchObject({ outcome: 'ok' });
    expect(on.stage.scheduler.schedules).toEqual([]);
    expect(on.stage.calls('scheduler', 'CreateScheduleGroup')).toEqual([]);
  });

  test('but where no role is given nobody is asked', async () => {
    on.stage.faults.add({ service: 'scheduler', error: 'Denied' });
    expect(await checked()).toBeUndefined();
    expect(on.stage.calls('scheduler')).toEqual([]);
  });

  test.each(['CreateSchedule', 'DeleteScheduleGroup', 'ListScheduleGroups'])('%s denied', async (action) => {
    on.stage.faults.add({ service: 'scheduler', action, error: 'Denied' });
    expect(await checked(role)).toMatchObject({
      outcome: 'failed',
      hint: expect.stringContaining(`scheduler:${action}`) as string,
    });
  });

  test('a role that the scheduler may not assume, or of another account', async () => {
    const message = 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.';
    on.stage.faults.add({ action: 'CreateSchedule', error: 'ValidationException', message });
    expect(await checked(role)).toMatchObject({
      outcome: 'failed',
      hint: expect.stringMatching(/trust policy of ec2\.schedulerRole .*schedulerRoleTrust/) as string,
    });
    expect(await checked(role.replace('123456789012', '210987654321'))).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('is of account 210987654321') as string,
    });
  });
});
