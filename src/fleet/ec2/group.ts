import { setTimeout as delay } from 'node:timers/promises';
import type { EC2, IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { type RunTags, runFilter, runTags } from './tag.ts';

/** Seconds between two attempts to delete a group that is in use: instances take about 30 s to terminate. */
const pause = { first: 1, most: 5 };

/** Attempts and seconds between them while EC2 does not know everywhere of a group that it has just made. */
const consistency = { attempts: 8, pause: 0.5 };

/** The security group of a run: one port, open to one block of addresses. Its name is unique in its VPC. */
export async function createGroup(
  ec2: EC2,
  plan: { readonly tags: RunTags; readonly vpc: string; readonly source: string },
  signal: AbortSignal,
): Promise<string> {
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

async function makeGroup(
  ec2: EC2,
  { tags, vpc }: { readonly tags: RunTags; readonly vpc: string },
  signal: AbortSignal,
): Promise<string> {
  try {
    const { GroupId = '' } = await ec2.createSecurityGroup(
      {
        GroupName: groupName(tags.run),
        Description: `SSH to the instances of cnd run ${tags.run}`,
        VpcId: vpc,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: runTags(tags) }],
      },
      { abortSignal: signal },
    );
    return GroupId;
  } catch (error) {
    // The SDK repeated a call whose answer was lost after it had its effect: the name is that of this run alone.
    if (nameOf(error) !== 'InvalidGroup.Duplicate') throw error;
    const [group] = await findGroups(ec2, tags.run, signal);
    if (group?.GroupId === undefined) throw error;
    return group.GroupId;
  }
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

/** The groups of a run, or of any run, by tag. */
export async function findGroups(ec2: EC2, run?: string, signal?: AbortSignal): Promise<SecurityGroup[]> {
  const found: SecurityGroup[] = [];
  let token: string | undefined;
  do {
    const page = await ec2.describeSecurityGroups(
      { Filters: runFilter(run), MaxResults: 1000, ...(token !== undefined && { NextToken: token }) },
      signal ? { abortSignal: signal } : {},
    );
    found.push(...(page.SecurityGroups ?? []));
    token = page.NextToken;
  } while (token !== undefined && token !== '');
  return found;
}

/**
 * Deletes a run's groups. EC2 refuses while an instance that is shutting down still uses one: tried again for
 * `patience` seconds. A group costs nothing, so the time limit of the run does not bind it.
 */
export async function deleteGroups(ec2: EC2, run: string, patience: number): Promise<void> {
  const giveUp = performance.now() + patience * 1000;
  for (const { GroupId = '' } of await findGroups(ec2, run)) {
    for (let wait = pause.first; ; wait = Math.min(wait * 1.5, pause.most)) {
      try {
        await ec2.deleteSecurityGroup({ GroupId });
        break;
      } catch (error) {
        const name = nameOf(error);
        if (name === 'InvalidGroup.NotFound') break;
        const inUse = name === 'DependencyViolation' || name === 'InvalidGroup.InUse';
        if (!inUse || performance.now() + wait * 1000 > giveUp) throw error;
      }
      await delay(wait * 1000);
    }
  }
}
