import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { sshPermission } from '../../../src/fleet/ec2/group.ts';
import { jumpAccess, parseVia } from '../../../src/fleet/ec2/jump.ts';
import { knownKeys } from '../../../src/fleet/ec2/known-hosts.ts';
import { network } from '../../../src/fleet/ec2/network.ts';
import { block } from '../../../src/fleet/ec2/source.ts';

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
  expect(() => network([], [], 'eu-west-1')).toThrow(/no default VPC in eu-west-1/);
  expect(() => network([], ['subnet-9'], 'eu-west-1')).toThrow(/no subnet subnet-9 in eu-west-1/);
  const two = [subnet('subnet-1', 'a'), subnet('subnet-2', 'b', 'vpc-2')];
  expect(() => network(two, ['subnet-1', 'subnet-2'], 'eu-west-1')).toThrow(/several VPCs/);
});

test('SSH is let in from one block, of either kind, and nothing else is', () => {
  expect(sshPermission('203.0.113.7/32', 'r')).toEqual({
    IpProtocol: 'tcp',
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: '203.0.113.7/32', Description: 'the controller of r' }],
  });
  expect(sshPermission('2001:db8::7/128', 'r').Ipv6Ranges).toHaveLength(1);
  expect(block('203.0.113.7')).toBe('203.0.113.7/32');
  expect(block('2001:db8::7')).toBe('2001:db8::7/128');
});

test('a jump host is written as for ssh', () => {
  expect(parseVia('ec2-user@bastion.example.com')).toEqual({
    user: 'ec2-user',
    host: 'bastion.example.com',
    port: 22,
  });
  expect(parseVia('me@10.0.0.1:2222')).toEqual({ user: 'me', host: '10.0.0.1', port: 2222 });
  expect(parseVia('me@[::1]:2222')).toEqual({ user: 'me', host: '::1', port: 2222 });
});

test("a jump host's key is pinned, or there is no connection", async () => {
  const jump = { via: 'me@bastion', knownHosts: '/nonexistent' };
  await expect(jumpAccess(jump, { SSH_AUTH_SOCK: '/agent' })).rejects.toThrow(/host key .* is not known/);
  const access = await jumpAccess({ ...jump, hostKey: 'ssh-ed25519 AAAA me@x' }, { SSH_AUTH_SOCK: '/agent' });
  expect(access).toEqual({
    host: 'bastion',
    port: 22,
    user: 'me',
    hostKeys: ['ssh-ed25519 AAAA'],
    agent: '/agent',
  });
  await expect(jumpAccess({ ...jump, hostKey: 'ssh-ed25519 AAAA' }, {})).rejects.toThrow(/no key to log in/);
});

test('known_hosts is read with hashes, ports, patterns and revoked keys', () => {
  const salt = Buffer.from('0123456789abcdefghij');
  const hash = createHmac('sha1', salt).update('hidden.example.com').digest('base64');
  const text = [
    '# a comment',
    'plain.example.com,10.0.0.1 ssh-ed25519 PLAIN a comment',
    '[plain.example.com]:2222 ssh-ed25519 PORT',
    `|1|${salt.toString('base64')}|${hash} ssh-rsa HASHED`,
    '*.example.org,!bad.example.org ssh-ed25519 PATTERN',
    '@revoked * ssh-ed25519 REVOKED',
    'old.example.com ssh-ed25519 REVOKED',
    '@cert-authority *.example.com ssh-ed25519 AUTHORITY',
    'torn.example.com ssh-ed25519',
  ].join('\n');
  const of = (host: string, port = 22): string[] => knownKeys(text, host, port);
  expect(of('plain.example.com')).toEqual(['ssh-ed25519 PLAIN']);
  expect(of('10.0.0.1')).toEqual(['ssh-ed25519 PLAIN']);
  expect(of('plain.example.com', 2222)).toEqual(['ssh-ed25519 PORT']);
  expect(of('hidden.example.com')).toEqual(['ssh-rsa HASHED']);
  expect(of('good.example.org')).toEqual(['ssh-ed25519 PATTERN']);
  expect(of('bad.example.org')).toEqual([]);
  expect(of('old.example.com')).toEqual([]);
  expect(of('torn.example.com')).toEqual([]);
  expect(of('goodXexample.org')).toEqual([]);
});
