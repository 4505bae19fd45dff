import { setTimeout as delay } from 'node:timers/promises';
import type { CreateSecurityGroupCommandInput, EC2, IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { hasCode } from '../../../aws/code.ts';
import { isNotYetKnown, untilKnown } from '../../../aws/consistency.ts';
import { untilDeleted } from '../../../aws/deletion.ts';
import { statusOf } from '../../../aws/failure.ts';
import { allItems } from '../../../aws/page.ts';
import { retry } from '../../../retry.ts';
import { type RunTags, runFilter, runTags } from '../tag.ts';

/** Seconds for which EC2 may not list a group that it has made. */
const listedWithin = 10;

/** What a run's security group is made from. */
export interface GroupPlan {
  readonly tags: RunTags;
  readonly vpc: string;
  /** The block of addresses that SSH is allowed from. */
  readonly source: string;
}

/**
 * The security group of a run: one port, open to one block of addresses. Its name is unique in its VPC.
 * @param onRefused Called when EC2 refuses to make it: then there is none to be looked for.
 */
export async function createGroup(
  ec2: EC2,
  plan: GroupPlan,
  signal: AbortSignal,
  onRefused: () => void = () => {},
): Promise<string> {
  const id = await makeGroup(ec2, plan, signal).catch((error: unknown) => {
    const status = statusOf(error) ?? 0;
    if (status >= 400 && status < 500) onRefused();
    throw error;
  });
  await letIn(ec2, id, sshPermission(plan.source, `the controller of ${plan.tags.run}`), signal);
  return id;
}

/** Adds a rule to a group, which may be new. One that is there already is fine: an answer may have been lost. */
export async function letIn(
  ec2: EC2,
  GroupId: string,
  permission: IpPermission,
  signal: AbortSignal,
): Promise<void> {
  const input = { GroupId, IpPermissions: [permission] };
  try {
    await untilKnown('ec2:AuthorizeSecurityGroupIngress', signal, () =>
      ec2.authorizeSecurityGroupIngress(input, { abortSignal: signal }),
    );
  } catch (error) {
    if (!hasCode(error, 'InvalidPermission.Duplicate')) throw error;
  }
}

async function makeGroup(ec2: EC2, { tags, vpc }: GroupPlan, signal: AbortSignal): Promise<string> {
  try {
    const { GroupId = '' } = await ec2.createSecurityGroup(groupInput(tags, vpc), { abortSignal: signal });
    return GroupId;
  } catch (error) {
    // The SDK repeated a call whose answer was lost after it had its effect: the name is that of this run alone.
    if (!hasCode(error, 'InvalidGroup.Duplicate')) throw error;
    return untilListed(ec2, tags.run, error, signal);
  }
}

/** The id of a group that exists, but may be too new to be listed; throws `error` when it never is. */
async function untilListed(ec2: EC2, run: string, error: unknown, signal: AbortSignal): Promise<string> {
  const find = async (): Promise<string> => {
    const [group] = await findGroups(ec2, run, signal);
    if (group?.GroupId === undefined) throw error;
    return group.GroupId;
  };
  return retry(find, { signal, timeout: listedWithin * 1000, isRetryable: (failure) => failure === error });
}

/** The input of CreateSecurityGroup (API_CreateSecurityGroup). Pure. */
export function groupInput(tags: RunTags, vpc: string): CreateSecurityGroupCommandInput {
  return {
    GroupName: groupName(tags.run),
    Description: `SSH to the instances of cnd run ${tags.run}`,
    VpcId: vpc,
    TagSpecifications: [{ ResourceType: 'security-group', Tags: runTags(tags) }],
  };
}

/** The name of a run's group. Pure. */
export function groupName(run: string): string {
  return `cnd-${run}`;
}

/**
 * Lets SSH in from a block of addresses, of either kind. Pure.
 * @param Description Whose addresses they are.
 */
export function sshPermission(source: string, Description: string): IpPermission {
  const range = source.includes(':')
    ? { Ipv6Ranges: [{ CidrIpv6: source, Description }] }
    : { IpRanges: [{ CidrIp: source, Description }] };
  return { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, ...range };
}

/** DescribeSecurityGroups gives at most so many at a time (API_DescribeSecurityGroups). */
const pageSize = 1000;

/** The groups of a run, or of any run, by tag. */
export async function findGroups(ec2: EC2, run?: string, signal?: AbortSignal): Promise<SecurityGroup[]> {
  const { paginateDescribeSecurityGroups } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeSecurityGroups(
    { client: ec2, pageSize },
    { Filters: runFilter(run) },
    signal ? { abortSignal: signal } : {},
  );
  return allItems(pages, ({ SecurityGroups }) => SecurityGroups);
}

/** Which groups of a run are deleted. */
export interface GroupRemoval {
  /** One that the run is known to have, whether or not EC2 lists it. */
  readonly known?: string | undefined;
  /** Seconds for which one may be too new to be seen, or known everywhere; 0 for one that is not new. */
  readonly settle: number;
}

/** Deletes a run's groups, however often that takes: EC2 refuses while an instance that is shutting down still uses one. */
export async function deleteGroups(ec2: EC2, run: string, { known, settle }: GroupRemoval): Promise<void> {
  const freshUntil = performance.now() + settle * 1000;
  const isNew = (): boolean => performance.now() <= freshUntil;
  const ids = new Set(known === undefined ? [] : [known]);
  const look = async (): Promise<void> => {
    for (const { GroupId = '' } of await findGroups(ec2, run)) ids.add(GroupId);
  };
  const remove = async (): Promise<void> => {
    await look();
    if (ids.size === 0 && isNew()) {
      await delay(freshUntil - performance.now());
      await look();
    }
    for (const id of ids) {
      await deleteGroup(ec2, id, isNew);
      ids.delete(id);
    }
  };
  await untilDeleted(remove, { isNotYet: (error) => isNotYetKnown('ec2:DeleteSecurityGroup', error) });
}

async function deleteGroup(ec2: EC2, GroupId: string, isNew: () => boolean): Promise<void> {
  try {
    await ec2.deleteSecurityGroup({ GroupId });
  } catch (error) {
    // Of one that is no longer new it means that it is gone, as after a deletion whose answer was lost.
    if (!isNotYetKnown('ec2:DeleteSecurityGroup', error) || isNew()) throw error;
  }
}
