import type { ScheduleGroupSummary, Scheduler } from '@aws-sdk/client-scheduler';
import { awsError, awsErrorKind } from '../../../aws/failure.ts';
import type { OrphanKind, Orphan } from '../../orphan.ts';
import type { Ec2Api } from '../api.ts';
import { expiryTag, tagKeys, tagValue } from '../tag.ts';
import { isNamed, scheduleGroupName } from './schedule.ts';

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
        async (scheduler) => {
          try {
            await scheduler.deleteScheduleGroup({ Name: scheduleGroupName(run) });
          } catch (error) {
            if (!isNamed(error, 'ResourceNotFoundException')) throw error;
          }
        },
      ),
  };
}

async function findGroups(scheduler: Scheduler): Promise<Orphan[]> {
  const { paginateListScheduleGroups } = await import('@aws-sdk/client-scheduler');
  const groups: ScheduleGroupSummary[] = [];
  for await (const page of paginateListScheduleGroups({ client: scheduler }, { NamePrefix: 'cnd-' }))
    groups.push(...(page.ScheduleGroups ?? []));
  const living = groups.filter(({ State }) => State !== 'DELETING');
  return Promise.all(living.map(async (group) => groupOrphan(scheduler, group)));
}

async function groupOrphan(
  scheduler: Scheduler,
  { Arn = '', Name = '' }: ScheduleGroupSummary,
): Promise<Orphan> {
  const { Tags = [] } = await scheduler.listTagsForResource({ ResourceArn: Arn });
  return {
    run: tagValue(Tags, tagKeys.run) ?? '',
    what: `schedules ${Name}`,
    owner: tagValue(Tags, tagKeys.owner),
    expiresAt: expiryTag(Tags),
  };
}
