import type { Filter, Tag, TagSpecification } from '@aws-sdk/client-ec2';

// By these tags alone everything of a run is found again, from any machine. They travel inside the call that creates
// something, so that there is no moment in which it exists without them (API_RunInstances, TagSpecifications).

/** The names of the tags. Queues and other things that are not EC2's carry the same. */
export const tagKeys = {
  run: 'cnd:run',
  owner: 'cnd:owner',
  expiresAt: 'cnd:expires-at',
  /** Index of the first instance that a RunInstances call makes; AmiLaunchIndex counts on from there. */
  firstIndex: 'cnd:first-index',
} as const;

/** What tags say of a run. */
export interface RunTags {
  readonly run: string;
  readonly owner: string;
  readonly expiresAt: Date;
  /** The user's own, `ec2.tags`: on everything that is created. */
  readonly own?: Readonly<Record<string, string>> | undefined;
}

/** The tags of something that belongs to a run. Pure. */
export function runTags({ run, owner, expiresAt, own = {} }: RunTags): Tag[] {
  const { Name = `cnd ${run}`, ...others } = own;
  return [
    { Key: 'Name', Value: Name },
    ...Object.entries(others).map(([Key, Value]) => ({ Key, Value })),
    { Key: tagKeys.run, Value: run },
    { Key: tagKeys.owner, Value: owner },
    { Key: tagKeys.expiresAt, Value: expiresAt.toISOString() },
  ];
}

/** The tags of all that a RunInstances call creates. Pure. */
export function instanceTags(tags: RunTags, firstIndex: number, spot: boolean): TagSpecification[] {
  const Tags = runTags(tags);
  const index = { Key: tagKeys.firstIndex, Value: String(firstIndex) };
  return [
    { ResourceType: 'instance', Tags: [...Tags, index] },
    { ResourceType: 'volume', Tags },
    { ResourceType: 'network-interface', Tags },
    ...(spot ? [{ ResourceType: 'spot-instances-request' as const, Tags }] : []),
  ];
}

/** What finds everything of a run, or of any run. Pure. */
export function runFilter(run?: string): Filter[] {
  return run === undefined
    ? [{ Name: 'tag-key', Values: [tagKeys.run] }]
    : [{ Name: `tag:${tagKeys.run}`, Values: [run] }];
}

/** The value of a tag, or undefined. Pure. */
export function tagValue(tags: readonly Tag[] | undefined, key: string): string | undefined {
  return tags?.find(({ Key }) => Key === key)?.Value;
}

/** When a run expires, by its tags; undefined when they do not say. Pure. */
export function expiryTag(tags: readonly Tag[] | undefined): Date | undefined {
  const text = tagValue(tags, tagKeys.expiresAt);
  const time = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time);
}
