import type { CreateScheduleCommandInput, Scheduler } from '@aws-sdk/client-scheduler';
import pLimit from 'p-limit';
import { hasCode } from '../../../aws/code.ts';
import { untilKnown } from '../../../aws/consistency.ts';
import { type RunTags, runTags } from '../tag.ts';

// AWS itself ends the instances of a run that nothing else has ended: one schedule for each, as one id that EC2 does not
// know would keep a call from terminating the others. All of a run are in a group, which is deleted in one call.

/** Schedules that are created at a time: EventBridge Scheduler allows many more calls a second (its "Quotas"). */
const atOnce = 10;

/** How often, and in how many seconds, a call that fails is repeated: an instance that is long gone will never be known. */
const repeats = { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 };

/** The name of a run's group of schedules. Pure. */
export function scheduleGroupName(run: string): string {
  return `cnd-${run}`;
}

/** When a schedule fires: its precision is a minute, and it must not come early. Pure. */
export function fireTime(expiresAt: Date): Date {
  return new Date(Math.ceil(expiresAt.getTime() / 60_000) * 60_000);
}

/**
 * The input of CreateSchedule that ends one instance when the run must be over (EventBridge Scheduler User Guide, "Using
 * universal targets"). Pure.
 * @param role The role that the scheduler calls EC2 as.
 */
export function scheduleInput(
  { run, expiresAt }: Pick<RunTags, 'run' | 'expiresAt'>,
  id: string,
  role: string,
): CreateScheduleCommandInput {
  const [, partition = 'aws'] = role.split(':');
  return {
    Name: id,
    GroupName: scheduleGroupName(run),
    Description: `Terminates ${id} of cnd run ${run}, if it still exists`,
    ScheduleExpression: `at(${fireTime(expiresAt).toISOString().slice(0, 19)})`,
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: `arn:${partition}:scheduler:::aws-sdk:ec2:terminateInstances`,
      RoleArn: role,
      Input: JSON.stringify({ InstanceIds: [id] }),
      RetryPolicy: repeats,
    },
  };
}

/** Makes the group of a run, with the run's tags. */
export async function createScheduleGroup(
  scheduler: Scheduler,
  tags: RunTags,
  signal: AbortSignal,
): Promise<void> {
  const input = {
    Name: scheduleGroupName(tags.run),
    Tags: runTags(tags).map(({ Key = '', Value = '' }) => ({ Key, Value })),
  };
  try {
    await scheduler.createScheduleGroup(input, { abortSignal: signal });
  } catch (error) {
    // The SDK repeated a call whose answer was lost after it had its effect: the name is that of this run alone.
    if (!hasCode(error, 'ConflictException')) throw error;
  }
}

/** Makes a schedule for each instance. */
export async function createSchedules(
  scheduler: Scheduler,
  run: Pick<RunTags, 'run' | 'expiresAt'>,
  ids: readonly string[],
  role: string,
  signal: AbortSignal,
): Promise<void> {
  const limit = pLimit(atOnce);
  const create = async (id: string): Promise<void> => {
    const input = scheduleInput(run, id, role);
    try {
      await untilKnown('scheduler:CreateSchedule', signal, () =>
        scheduler.createSchedule(input, { abortSignal: signal }),
      );
    } catch (error) {
      if (!hasCode(error, 'ConflictException')) throw error;
    }
  };
  await Promise.all(ids.map((id) => limit(() => create(id))));
}
