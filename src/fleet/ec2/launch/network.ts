import type { EC2, Filter, Subnet } from '@aws-sdk/client-ec2';
import { allItems } from '../../../aws/page.ts';
import { CndError } from '../../../error.ts';
import type { Ec2Settings } from '../schema.ts';

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
  { subnets: given, connect }: Pick<Ec2Settings, 'subnets' | 'connect'>,
  region: string,
  signal: AbortSignal,
): Promise<Network> {
  const filters: Filter[] =
    given.length > 0
      ? [{ Name: 'subnet-id', Values: [...given] }]
      : [{ Name: 'default-for-az', Values: ['true'] }];
  const { paginateDescribeSubnets } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeSubnets({ client: ec2 }, { Filters: filters }, { abortSignal: signal });
  const found = await allItems(pages, ({ Subnets }) => Subnets);
  return network(reachable(found, given, connect, region), given, region);
}

/**
 * The subnets whose instances can have an address of the kind that they are reached at. Pure.
 * @throws CndError naming the setting that helps when there are some, and none that can.
 */
export function reachable(
  found: readonly Subnet[],
  given: readonly string[],
  connect: Ec2Settings['connect'],
  region: string,
): Subnet[] {
  const hasIpv6 = ({ Ipv6Native, Ipv6CidrBlockAssociationSet = [] }: Subnet): boolean =>
    Ipv6Native === true ||
    Ipv6CidrBlockAssociationSet.some(({ Ipv6CidrBlockState }) => Ipv6CidrBlockState?.State === 'associated');
  const can = (subnet: Subnet): boolean =>
    connect === 'ipv6' ? hasIpv6(subnet) : subnet.Ipv6Native !== true;
  const fit = found.filter(can);
  // One that was named and does not do is a mistake; of the default ones others may do.
  const unfit = given.length > 0 || fit.length === 0 ? found.filter((subnet) => !can(subnet)) : [];
  if (unfit.length === 0) return fit;
  const which = unfit.map(({ SubnetId = '' }) => SubnetId).join(', ');
  if (connect === 'ipv6') {
    throw new CndError('ec2-no-ipv6', `${which} in ${region} assigns no IPv6 addresses`, {
      about: 'ec2.connect',
      hint: 'set dual-stack or IPv6-only subnets in ec2.subnets, or set ec2.connect to public',
    });
  }
  throw new CndError('ec2-ipv6-only', `${which} in ${region} assigns only IPv6 addresses`, {
    about: 'ec2.subnets',
    hint: 'set ec2.connect to ipv6, or ec2.subnets to subnets with IPv4 addresses',
  });
}

/** Judges what EC2 answered. Pure. @throws CndError */
export function network(found: readonly Subnet[], given: readonly string[], region: string): Network {
  if (given.length === 0 && found.length === 0) {
    // DescribeSubnets does not tell a default VPC whose default subnets were deleted from none at all.
    throw new CndError('ec2-no-default-subnet', `there are no default subnets in ${region}`, {
      about: 'ec2.subnets',
      hint: `create one with: aws ec2 create-default-subnet --region ${region} --availability-zone ${region}a (if there is no default VPC either, create both with: aws ec2 create-default-vpc --region ${region}); or set ec2.subnets`,
    });
  }
  const missing = given.filter((id) => !found.some(({ SubnetId }) => SubnetId === id));
  if (missing.length > 0) {
    throw new CndError('ec2-no-subnet', `there is no subnet ${missing.join(', ')} in ${region}`, {
      about: 'ec2.subnets',
      hint: 'list them with: aws ec2 describe-subnets --region … --output table',
    });
  }
  const vpcs = [...new Set(found.map(({ VpcId = '' }) => VpcId))];
  if (vpcs.length > 1) {
    throw new CndError('ec2-many-vpcs', `the subnets are in several VPCs: ${vpcs.join(', ')}`, {
      about: 'ec2.subnets',
      hint: 'use subnets of one VPC: a security group belongs to one',
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
