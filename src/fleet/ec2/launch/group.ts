import { setTimeout as delay } from 'node:timers/promises';
import type { CreateSecurityGroupCommandInput, EC2, IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { hasCode } from '../../../aws/code.ts';
import { isNotYetKnown, untilKnown } from '../../../aws/consistency.ts';
import { statusOf } from '../../../aws/failure.ts';
import { allItems } from '../../../aws/page.ts';
import { retry } from '../../../retry.ts';
import { type RunTags, runFilter, runTags } from '../tag.ts';

/** Seconds between two attempts to delete a group that is in use: instances take about 30 s to terminate. */
const pause = { first: 1, most: 5 };

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

/** How the groups of a run are deleted. */
export interface GroupRemoval {
  /** Seconds for which one that is in use is tried again. A group costs nothing, so T does not bind it. */
  readonly timeout: number;
  /** Seconds for which one may be too new to be seen, or known everywhere; 0 for one that is not new. */
  readonly settle: number;
}

/** Deletes a run's groups. EC2 refuses while an instance that is shutting down still uses one: tried again. */
export async function deleteGroups(ec2: EC2, run: string, { timeout, settle }: GroupRemoval): Promise<void> {
  const giveUp = performance.now() + timeout * 1000;
  const freshUntil = performance.now() + settle * 1000;
  let groups = await findGroups(ec2, run);
  if (groups.length === 0 && settle > 0) {
    await delay(settle * 1000);
    groups = await findGroups(ec2, run);
  }
  for (const { GroupId = '' } of groups) await deleteGroup(ec2, GroupId, { giveUp, freshUntil });
}

async function deleteGroup(
  ec2: EC2,
  GroupId: string,
  { giveUp, freshUntil }: { readonly giveUp: number; readonly freshUntil: number },
): Promise<void> {
  for (let wait = pause.first; ; wait = Math.min(wait * 1.5, pause.most)) {
    try {
      await ec2.deleteSecurityGroup({ GroupId });
      return;
    } catch (error) {
      const isUnknown = isNotYetKnown('ec2:DeleteSecurityGroup', error);
      if (isUnknown && performance.now() > freshUntil) return;
      const inUse = hasCode(error, 'DependencyViolation', 'InvalidGroup.InUse');
      if (!(inUse || isUnknown) || performance.now() + wait * 1000 > giveUp) throw error;
    }
    await delay(wait * 1000);
  }
}
