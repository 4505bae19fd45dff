import type { EC2, Filter, Subnet } from '@aws-sdk/client-ec2';
import { allItems } from '../../../aws/page.ts';
import { CndError } from '../../../error.ts';

/** Where instances can be put: subnets of one VPC, each in its zone. */
export interface Network {
  readonly vpc: string;
  readonly subnets: readonly { readonly id: string; readonly zone: string }[];
}

/**
 * The subnets to launch into: those given, or the default ones of the default VPC, one a zone.
 * @throws CndError when there are none, or they are of several VPCs.
 */
export async function findNetwork(
  ec2: EC2,
  given: readonly string[],
  region: string,
  signal: AbortSignal,
): Promise<Network> {
  const filters: Filter[] =
    given.length > 0
      ? [{ Name: 'subnet-id', Values: [...given] }]
      : [{ Name: 'default-for-az', Values: ['true'] }];
  const { paginateDescribeSubnets } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeSubnets({ client: ec2 }, { Filters: filters }, { abortSignal: signal });
  return network(await allItems(pages, ({ Subnets }) => Subnets), given, region);
}

/** Judges what EC2 answered. Pure. @throws CndError */
export function network(found: readonly Subnet[], given: readonly string[], region: string): Network {
  if (given.length === 0 && found.length === 0) {
    // DescribeSubnets does not tell a default VPC whose default subnets were deleted from none at all.
    throw new CndError('ec2-no-default-subnet', `there are no default subnets in ${region}`, {
      about: 'ec2.subnets',
      hint: `make one with: aws ec2 create-default-subnet --region ${region} --availability-zone ${region}a (where there is no default VPC either, that says so: aws ec2 create-default-vpc --region ${region} makes both); or name subnets of your own in ec2.subnets`,
    });
  }
  const missing = given.filter((id) => !found.some(({ SubnetId }) => SubnetId === id));
  if (missing.length > 0) {
    throw new CndError('ec2-no-subnet', `there is no subnet ${missing.join(', ')} in ${region}`, {
      about: 'ec2.subnets',
      hint: 'see them with: aws ec2 describe-subnets --region … --output table',
    });
  }
  const vpcs = [...new Set(found.map(({ VpcId = '' }) => VpcId))];
  if (vpcs.length > 1) {
    throw new CndError('ec2-many-vpcs', `the subnets are of several VPCs: ${vpcs.join(', ')}`, {
      about: 'ec2.subnets',
      hint: 'name subnets of one VPC: a security group belongs to one',
    });
  }
  // Given subnets are tried in the order in which they are given, default ones where most addresses are free.
  const place = ({ SubnetId = '' }: Subnet): number => given.indexOf(SubnetId);
  const subnets = found
    .toSorted(
      (a, b) => place(a) - place(b) || (b.AvailableIpAddressCount ?? 0) - (a.AvailableIpAddressCount ?? 0),
    )
    .map(({ SubnetId = '', AvailabilityZone = '' }) => ({ id: SubnetId, zone: AvailabilityZone }));
  return { vpc: vpcs[0] ?? '', subnets };
}
