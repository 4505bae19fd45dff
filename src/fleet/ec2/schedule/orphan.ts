import type { ScheduleGroupSummary, Scheduler } from '@aws-sdk/client-scheduler';
import { hasCode } from '../../../aws/code.ts';
import { mayBeNew, untilKnown } from '../../../aws/consistency.ts';
import { untilDeleted } from '../../../aws/deletion.ts';
import { awsError, awsErrorKind } from '../../../aws/failure.ts';
import type { OrphanKind, Orphan } from '../../orphan.ts';
import type { Ec2Api } from '../api.ts';
import { expiryTag, tagKeys, tagValue } from '../tag.ts';
import { scheduleGroupName } from './schedule.ts';

/** What costs nothing is not hurried. */
const never = new AbortController().signal;

/**
 * The groups of schedules that runs on EC2 have, where they are asked for.
 * @param isUsed Whether this run's own settings ask for schedules. If not, nobody needs rights for them: a group that may
 *   not be looked at is passed over. What is in it deletes itself when it has fired, and an empty group costs nothing.
 */
export function scheduleOrphans(api: Ec2Api, isUsed: boolean): OrphanKind {
  const { region, profile } = api.settings;
  const attempt = async <T>(
    what: string,
    permissions: string,
    none: T,
    act: (scheduler: Scheduler) => Promise<T>,
  ): Promise<T> => {
    try {
      return await act(await api.scheduler());
    } catch (error) {
      const errorKind = awsErrorKind(error);
      // A region without the service cannot be reached.
      if (!isUsed && (errorKind === 'denied' || errorKind === 'unreachable')) return none;
      throw awsError(error, { what, about: 'scheduler', region, profile, permissions });
    }
  };
  return {
    name: 'schedules',
    find: () =>
      attempt(
        'the groups of schedules cannot be listed',
        'scheduler:ListScheduleGroups, scheduler:ListTagsForResource',
        [],
        findGroups,
      ),
    remove: (run) =>
      attempt(
        'the group of schedules cannot be deleted',
        'scheduler:DeleteScheduleGroup, scheduler:DeleteSchedule',
        undefined,
        // Only a run whose own settings ask for schedules is known to have a group.
        (scheduler) => removeGroup(scheduler, run, isUsed && mayBeNew(run)),
      ),
  };
}

async function removeGroup(scheduler: Scheduler, run: string, isNew: boolean): Promise<void> {
  const remove = (): Promise<unknown> => scheduler.deleteScheduleGroup({ Name: scheduleGroupName(run) });
  try {
    await untilDeleted(() => (isNew ? untilKnown('scheduler:DeleteScheduleGroup', never, remove) : remove()));
  } catch (error) {
    // Gone, or being deleted by a call whose answer was lost.
    if (!hasCode(error, 'ResourceNotFoundException', 'ConflictException')) throw error;
  }
}

async function findGroups(scheduler: Scheduler): Promise<Orphan[]> {
  const { paginateListScheduleGroups } = await import('@aws-sdk/client-scheduler');
  const groups: ScheduleGroupSummary[] = [];
  for await (const page of paginateListScheduleGroups({ client: scheduler }, { NamePrefix: 'cnd-' }))
    groups.push(...(page.ScheduleGroups ?? []));
  const living = groups.filter(({ State }) => State !== 'DELETING');
  const found = await Promise.all(living.map(async (group) => groupOrphan(scheduler, group)));
  return found.flatMap((one) => one ?? []);
}

async function groupOrphan(
  scheduler: Scheduler,
  { Arn = '', Name = '' }: ScheduleGroupSummary,
): Promise<Orphan | undefined> {
  const ask = () => scheduler.listTagsForResource({ ResourceArn: Arn });
  const isNew = mayBeNew(Name.replace(/^cnd-/, ''));
  const asked = isNew ? untilKnown('scheduler:ListTagsForResource', never, ask) : ask();
  const told = await asked.catch((error: unknown) => {
    if (hasCode(error, 'ResourceNotFoundException')) return undefined; // gone since it was listed
    throw error;
  });
  if (!told) return undefined;
  const { Tags = [] } = told;
  return {
    run: tagValue(Tags, tagKeys.run) ?? '',
    what: `schedules ${Name}`,
    owner: tagValue(Tags, tagKeys.owner),
    expiresAt: expiryTag(Tags),
  };
}
