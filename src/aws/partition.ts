/** A part of AWS with accounts, ARNs and image owners of its own (AWS General Reference, "Partitions"). */
export type Partition = 'aws' | 'aws-us-gov' | 'aws-cn';

/** The partition of a region, by its name. Pure. */
export function partitionOf(region: string): Partition {
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return region.startsWith('cn-') ? 'aws-cn' : 'aws';
}

/** A region of each partition that is enabled in every account there. */
export const homeRegions: Readonly<Record<Partition, string>> = {
  aws: 'us-east-1',
  'aws-us-gov': 'us-gov-west-1',
  'aws-cn': 'cn-north-1',
};
