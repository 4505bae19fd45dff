import type { Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import type { FoundRun } from '../fleet.ts';
import type { Leftover } from '../leftover.ts';
import type { Ec2Api } from './api.ts';
import { describeInstances, livingStates, toInstance } from './describe.ts';
import { findGroups } from './group.ts';
import { cost, tablePrice } from './price.ts';
import { expiryOf, runFilter, tagKeys, tagValue } from './tag.ts';

/** Where is looked, and who looks. */
export interface FindOptions {
  readonly region: string;
  readonly owner: string;
  readonly leftovers: readonly Leftover[];
}

interface Found {
  instances: Ec2Instance[];
  leftover: string[];
  owner: string | undefined;
  expiresAt: Date | undefined;
}

/** Everything in the region that carries our tag, by run; also runs of which only a group or a queue is left. */
export async function findRuns(api: Ec2Api, { region, owner, leftovers }: FindOptions): Promise<FoundRun[]> {
  const ec2 = await api.ec2();
  const living = [...runFilter(), { Name: 'instance-state-name', Values: livingStates }];
  const [instances, groups, ...remains] = await Promise.all([
    describeInstances(ec2, living),
    findGroups(ec2),
    ...leftovers.map((leftover) => leftover.find()),
  ]);
  const runs = new Map<string, Found>();
  const note = (
    run: string | undefined,
    by: string | undefined,
    expiresAt: Date | undefined,
  ): Found | undefined => {
    if (run === undefined || run === '') return undefined;
    const found = runs.get(run) ?? { instances: [], leftover: [], owner: by, expiresAt };
    runs.set(run, found);
    return found;
  };
  for (const instance of instances) {
    const { Tags } = instance;
    note(tagValue(Tags, tagKeys.run), tagValue(Tags, tagKeys.owner), expiryOf(Tags))?.instances.push(
      instance,
    );
  }
  for (const { Tags, GroupId = '' } of groups) {
    const found = note(tagValue(Tags, tagKeys.run), tagValue(Tags, tagKeys.owner), expiryOf(Tags));
    found?.leftover.push(`security group ${GroupId}`);
  }
  for (const { run, what, owner, expiresAt } of remains.flat())
    note(run, owner, expiresAt)?.leftover.push(what);
  return [...runs].map(([run, found]) => foundRun(run, found, region, owner));
}

function foundRun(run: string, found: Found, region: string, self: string): FoundRun {
  const { instances, leftover, owner, expiresAt } = found;
  const spent = costUntil(instances, region, new Date());
  return {
    fleet: 'ec2',
    run,
    instances: instances
      .map((instance) => toInstance(instance, 'public', undefined))
      .toSorted((a, b) => a.index - b.index),
    leftover,
    // Without a tag that says whose it is, it is nobody else's to be careful with, and not ours either.
    owner: { name: owner ?? 'unknown', self: owner === self },
    ...(expiresAt && { expiresAt }),
    ...(spent !== undefined && { cost: spent }),
  };
}

/** US dollars that instances have cost by the built-in table, at most; undefined when it does not know one. Pure. */
export function costUntil(instances: readonly Ec2Instance[], region: string, now: Date): number | undefined {
  let sum = 0;
  for (const { InstanceType = '', CpuOptions, LaunchTime, PublicIpAddress } of instances) {
    const vcpus = (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1);
    const price = tablePrice(InstanceType, vcpus, region);
    if (!price || !LaunchTime) return undefined;
    const seconds = (now.getTime() - LaunchTime.getTime()) / 1000;
    sum += cost({
      instances: 1,
      hourly: price.hourly,
      publicAddress: PublicIpAddress !== undefined,
      seconds,
    });
  }
  return sum;
}
