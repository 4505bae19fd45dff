import { setTimeout as delay } from 'node:timers/promises';
import type { CreateSecurityGroupCommandInput, EC2, IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { allItems } from '../../../aws/page.ts';
import { type RunTags, runFilter, runTags } from '../tag.ts';

/** Seconds between two attempts to delete a group that is in use: instances take about 30 s to terminate. */
const pause = { first: 1, most: 5 };

/** Attempts and seconds between them while EC2 does not know everywhere of a group that it has just made. */
const consistency = { attempts: 8, pause: 0.5 };

/** What a run's security group is made from. */
export interface GroupPlan {
  readonly tags: RunTags;
  readonly vpc: string;
  /** The block of addresses that SSH is let in from. */
  readonly source: string;
}

/** The security group of a run: one port, open to one block of addresses. Its name is unique in its VPC. */
export async function createGroup(ec2: EC2, plan: GroupPlan, signal: AbortSignal): Promise<string> {
  const id = await makeGroup(ec2, plan, signal);
  const permission = { GroupId: id, IpPermissions: [sshPermission(plan.source, plan.tags.run)] };
  for (let attempt = 1; ; attempt++) {
    try {
      await ec2.authorizeSecurityGroupIngress(permission, { abortSignal: signal });
      return id;
    } catch (error) {
      // An answer that was lost, after it had its effect.
      if (nameOf(error) === 'InvalidPermission.Duplicate') return id;
      if (nameOf(error) !== 'InvalidGroup.NotFound' || attempt === consistency.attempts) throw error;
      await delay(consistency.pause * 1000, undefined, { signal });
    }
  }
}

async function makeGroup(ec2: EC2, { tags, vpc }: GroupPlan, signal: AbortSignal): Promise<string> {
  try {
    const { GroupId = '' } = await ec2.createSecurityGroup(groupInput(tags, vpc), { abortSignal: signal });
    return GroupId;
  } catch (error) {
    // The SDK repeated a call whose answer was lost after it had its effect: the name is that of this run alone.
    if (nameOf(error) !== 'InvalidGroup.Duplicate') throw error;
    const [group] = await findGroups(ec2, tags.run, signal);
    if (group?.GroupId === undefined) throw error;
    return group.GroupId;
  }
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

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** The name of a run's group. Pure. */
export function groupName(run: string): string {
  return `cnd-${run}`;
}

/** Lets SSH in from a block of addresses, of either kind. Pure. */
export function sshPermission(source: string, run: string): IpPermission {
  const Description = `the controller of ${run}`;
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
  readonly patience: number;
  /** Seconds after which it is looked again when none is seen, where one may just have been made. */
  readonly settle: number;
}

/** Deletes a run's groups. EC2 refuses while an instance that is shutting down still uses one: tried again. */
export async function deleteGroups(ec2: EC2, run: string, { patience, settle }: GroupRemoval): Promise<void> {
  const giveUp = performance.now() + patience * 1000;
  let groups = await findGroups(ec2, run);
  if (groups.length === 0 && settle > 0) {
    await delay(settle * 1000);
    groups = await findGroups(ec2, run);
  }
  for (const { GroupId = '' } of groups) await deleteGroup(ec2, GroupId, giveUp);
}

async function deleteGroup(ec2: EC2, GroupId: string, giveUp: number): Promise<void> {
  for (let wait = pause.first; ; wait = Math.min(wait * 1.5, pause.most)) {
    try {
      await ec2.deleteSecurityGroup({ GroupId });
      return;
    } catch (error) {
      const name = nameOf(error);
      if (name === 'InvalidGroup.NotFound') return;
      const inUse = name === 'DependencyViolation' || name === 'InvalidGroup.InUse';
      if (!inUse || performance.now() + wait * 1000 > giveUp) throw error;
    }
    await delay(wait * 1000);
  }
}
