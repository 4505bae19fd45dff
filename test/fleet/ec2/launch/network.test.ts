import { expect, test } from 'vitest';
import { sshPermission } from '../../../../src/fleet/ec2/launch/group.ts';
import { network } from '../../../../src/fleet/ec2/launch/network.ts';
import { block } from '../../../../src/fleet/ec2/launch/ssh-source.ts';

const subnet = (
  SubnetId: string,
  AvailabilityZone: string,
  VpcId = 'vpc-1',
  AvailableIpAddressCount = 100,
) => ({
  SubnetId,
  AvailabilityZone,
  VpcId,
  AvailableIpAddressCount,
});

test('given subnets are tried in their order, default ones where there is most room', () => {
  const [one, two] = [subnet('subnet-1', 'a', 'vpc-1', 5), subnet('subnet-2', 'b', 'vpc-1', 50)];
  const ids = (given: string[]): string[] =>
    network([one, two], given, 'us-east-1').subnets.map(({ id }) => id);
  expect(ids(['subnet-1', 'subnet-2'])).toEqual(['subnet-1', 'subnet-2']);
  expect(ids(['subnet-2', 'subnet-1'])).toEqual(['subnet-2', 'subnet-1']);
  expect(ids([])).toEqual(['subnet-2', 'subnet-1']);
});

test('what is missing is named, with the region', () => {
  expect(() => network([], [], 'eu-west-1')).toThrow(
    expect.objectContaining({
      message: 'there are no default subnets in eu-west-1',
      hint: expect.stringMatching(
        /^create one with: aws ec2 create-default-subnet --region eu-west-1/,
      ) as string,
    }) as Error,
  );
  expect(() => network([], ['subnet-9'], 'eu-west-1')).toThrow(/no subnet subnet-9 in eu-west-1/);
  const two = [subnet('subnet-1', 'a'), subnet('subnet-2', 'b', 'vpc-2')];
  expect(() => network(two, ['subnet-1', 'subnet-2'], 'eu-west-1')).toThrow(/several VPCs/);
});

test('SSH is let in from one block, of either kind, and nothing else is', () => {
  expect(sshPermission('203.0.113.7/32', 'the controller of r')).toEqual({
    IpProtocol: 'tcp',
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: '203.0.113.7/32', Description: 'the controller of r' }],
  });
  expect(sshPermission('2001:db8::7/128', 'r').Ipv6Ranges).toHaveLength(1);
  expect(block('203.0.113.7')).toBe('203.0.113.7/32');
  expect(block('2001:db8::7')).toBe('2001:db8::7/128');
});
