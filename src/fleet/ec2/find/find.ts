import type { Instance as Ec2Instance, SecurityGroup } from '@aws-sdk/client-ec2';
import { isRunId } from '../../../run-id.ts';
import { costOf } from '../../../cost.ts';
import type { FindReport, FoundRun, SpentCost } from '../../fleet.ts';
import type { OrphanKind, Orphan } from '../../orphan.ts';
import type { Ec2Api } from '../api.ts';
import { describeInstances, livingFilter, toInstance } from './describe.ts';
import { findGroups } from '../launch/group.ts';
import { findVolumes, isOrphan, volumeOrphan } from '../terminate/volume.ts';
import { type Price, instancePrice, tablePrice } from '../price/price.ts';
import { expiryTag, tagKeys, tagValue } from '../tag.ts';

/** Where is looked, and who looks. */
export interface FindOptions {
  readonly region: string;
  /** Owners that are the caller. */
  readonly owners: ReadonlySet<string>;
  readonly orphanKinds: readonly OrphanKind[];
  /** Prices that were looked up lately, by region and type: `eu-west-1/c7a.medium`. */
  readonly prices: ReadonlyMap<string, Price>;
  readonly report?: FindReport | undefined;
  /** What a failed call is told as. */
  readonly explain: (error: unknown) => unknown;
}

interface Found {
  readonly instances: Ec2Instance[];
  readonly orphans: string[];
  readonly owner: string | undefined;
  readonly expiresAt: Date | undefined;
  announced: FoundRun['announced'];
}

/**
 * Everything in the region that carries our tag, by run; also runs of which only a group, a volume or a queue is left.
 * @throws only when the instances cannot be seen: what costs nothing must not hide what does.
 */
export async function findRuns(api: Ec2Api, options: FindOptions): Promise<FoundRun[]> {
  const ec2 = await api.ec2();
  const { report, explain } = options;
  const unseen: [what: string, error: unknown][] = [];
  const look = async (what: string, asking: Promise<readonly Orphan[]>): Promise<readonly Orphan[]> =>
    asking.catch((error: unknown) => {
      unseen.push([what, explain(error)]);
      return [];
    });
  const [instances, ...orphans] = await Promise.all([
    describeInstances(ec2, livingFilter()),
    look(
      'security groups',
      findGroups(ec2).then((groups) => groups.map(groupOrphan)),
    ),
    look(
      'volumes',
      findVolumes(ec2).then((volumes) => volumes.filter(isOrphan).map(volumeOrphan)),
    ),
    ...options.orphanKinds.map((orphans) => look(orphans.name, orphans.find(report && options.owners))),
  ]);
  // Where not even instances can be seen, that is all there is to say.
  for (const [what, error] of unseen) report?.unseen(what, error);
  const runs = new Map<string, Found>();
  const of = (run: string, owner: string | undefined, expiresAt: Date | undefined): Found => {
    const found = runs.get(run) ?? { instances: [], orphans: [], owner, expiresAt, announced: undefined };
    runs.set(run, found);
    return found;
  };
  for (const instance of instances) {
    const run = tagValue(instance.Tags, tagKeys.run) ?? '';
    // Anybody may write such a tag, and in a filter `*` would be all runs.
    if (!isRunId(run)) continue;
    of(run, tagValue(instance.Tags, tagKeys.owner), expiryTag(instance.Tags)).instances.push(instance);
  }
  for (const { run, what, owner, expiresAt, announced } of orphans.flat()) {
    if (!isRunId(run)) continue;
    const found = of(run, owner, expiresAt);
    found.orphans.push(what);
    found.announced ??= announced;
  }
  return [...runs].map(([run, found]) => foundRun(run, found, options));
}

function groupOrphan({ Tags, GroupId = '' }: SecurityGroup): Orphan {
  return {
    run: tagValue(Tags, tagKeys.run) ?? '',
    what: `security group ${GroupId}`,
    owner: tagValue(Tags, tagKeys.owner),
    expiresAt: expiryTag(Tags),
  };
}

function foundRun(run: string, found: Found, { region, owners, prices }: FindOptions): FoundRun {
  const { instances, orphans, owner, expiresAt, announced } = found;
  const priceOf: PriceOf = (type, vcpus) =>
    prices.get(`${region}/${type}`) ?? tablePrice(type, vcpus, region);
  return {
    fleet: 'ec2',
    run,
    instances: instances
      .map((instance) => toInstance(instance, 'public'))
      .toSorted((a, b) => a.index - b.index),
    orphans,
    // Without a tag that says whose it is, it is nobody else's to be careful with, and not ours either.
    owner: { name: owner ?? 'unknown', self: owner !== undefined && owners.has(owner) },
    ...(expiresAt && { expiresAt }),
    ...(instances.length > 0 && { cost: costUntil(instances, priceOf, new Date()) }),
    ...(announced && { announced }),
  };
}

/** The price of a type in the region, as far as that is known without asking anybody. */
type PriceOf = (type: string, vcpus: number) => Price | undefined;

/** What instances have cost at most, at prices on demand. Pure. */
export function costUntil(instances: readonly Ec2Instance[], priceOf: PriceOf, now: Date): SpentCost {
  const sources = new Set<string>();
  let amount = 0;
  for (const { InstanceType = '', CpuOptions, LaunchTime, PublicIpAddress } of instances) {
    const vcpus = (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1);
    const price = priceOf(InstanceType, vcpus);
    if (!price) return { basis: `no price is known for ${InstanceType}` };
    if (!LaunchTime) return { basis: 'EC2 does not say when an instance was launched' };
    const seconds = (now.getTime() - LaunchTime.getTime()) / 1000;
    amount += costOf(instancePrice(price.hourly, PublicIpAddress !== undefined), [seconds]);
    sources.add(`${InstanceType} on demand, ${price.source}`);
  }
  return { amount, basis: `${[...sources].join('; ')}; without instances that are no longer listed` };
}
