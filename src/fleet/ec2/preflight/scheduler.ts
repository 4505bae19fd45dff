import type { Scheduler } from '@aws-sdk/client-scheduler';
import { hasCode } from '../../../aws/code.ts';
import { check } from '../../check.ts';
import type { Check } from '../../preflight.ts';
import { CndError } from '../../../error.ts';
import { ec2Error } from '../error.ts';
import type { CallerIdentity } from '../identity.ts';
import { scheduleInput } from '../schedule/schedule.ts';
import type { PreflightContext } from './context.ts';

/** A run that never was: calls about it have no effect, whatever they are. */
const nobody = '20000101-000000-test';

const name = 'AWS scheduler';
const about = 'ec2.schedulerRole';

/**
 * Asks for what a run does with EventBridge Scheduler, where that is wanted. The service has no DryRun: it is asked for a schedule in a group
 * that does not exist, and to delete that group; who may not, is told so before that. Whether a group may be created shows
 * only when it is, before anything costs money. Undefined: no role is given.
 */
export async function checkScheduler(
  { api, settings, timing }: PreflightContext,
  { account }: CallerIdentity,
  timeLimit: number,
  region: string,
  signal: AbortSignal,
): Promise<Check | undefined> {
  const { schedulerRole: role, profile } = settings;
  if (role === undefined) return undefined;
  const input = scheduleInput(
    { run: nobody, expiresAt: new Date(Date.now() + (timeLimit + timing.grace) * 1000) },
    'i-00000000000000000',
    role,
  );
  const bounds = { abortSignal: signal };
  const asks: readonly (readonly [permissions: string, ask: (scheduler: Scheduler) => Promise<unknown>])[] = [
    ['scheduler:CreateSchedule, iam:PassRole', (scheduler) => scheduler.createSchedule(input, bounds)],
    [
      'scheduler:DeleteScheduleGroup, scheduler:DeleteSchedule',
      (scheduler) => scheduler.deleteScheduleGroup({ Name: input.GroupName }, bounds),
    ],
    [
      'scheduler:ListScheduleGroups',
      (scheduler) => scheduler.listScheduleGroups({ NamePrefix: input.GroupName, MaxResults: 1 }, bounds),
    ],
  ];
  const all = async (): Promise<void> => {
    requireAccount(role, account);
    const scheduler = await api.scheduler();
    await Promise.all(
      asks.map(async ([permissions, ask]) =>
        ask(scheduler).catch((error: unknown) => {
          if (hasCode(error, 'ResourceNotFoundException')) return;
          throw ec2Error(error, {
            what: 'EventBridge Scheduler cannot be used',
            about,
            region,
            profile,
            permissions,
          });
        }),
      ),
    );
  };
  return (
    await check(name, signal, all, () => `${asks.map(([permissions]) => permissions).join(', ')} are allowed`)
  ).check;
}

/** A role can only be passed within its account. @throws CndError */
function requireAccount(role: string, account: string): void {
  const [, , , , owner] = role.split(':');
  if (owner === account) return;
  throw new CndError('ec2-scheduler-role', `${role} is of account ${owner}, and the caller of ${account}`, {
    about,
    hint: `name a role of account ${account}: cnd init --cloudformation prints a stack that has one`,
  });
}
