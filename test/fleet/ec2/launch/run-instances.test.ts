import { expect, test } from 'vitest';
import {
  type RunInstancesPlan,
  clientToken,
  runInstancesInput,
} from '../../../../src/fleet/ec2/launch/run-instances.ts';
import { expiryTag, runFilter, tagValue } from '../../../../src/fleet/ec2/tag.ts';

const expiresAt = new Date('2026-11-20T10:00:00Z');
const plan: RunInstancesPlan = {
  tags: { run: '20261120-081103-x7k2', owner: '123456789012:user/alice', expiresAt },
  image: { id: 'ami-1', rootDevice: '/dev/sda1', rootSize: 8, otherDevices: [] },
  type: 'c7a.medium',
  subnet: 'subnet-1',
  groups: ['sg-1'],
  count: 8,
  firstIndex: 100,
  attempt: 3,
  userData: '#cloud-config\n',
  connect: 'public',
  instanceProfile: undefined,
  spotPrice: undefined,
};

test('asks for what a careful user would', () => {
  const input = runInstancesInput(plan);
  expect(input).toMatchObject({
    ImageId: 'ami-1',
    InstanceType: 'c7a.medium',
    MinCount: 1,
    MaxCount: 8,
    ClientToken: 'cnd-20261120-081103-x7k2-3',
    UserData: Buffer.from('#cloud-config\n').toString('base64'),
    InstanceInitiatedShutdownBehavior: 'terminate',
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/sda1',
        Ebs: { Encrypted: true, DeleteOnTermination: true, VolumeType: 'gp3', VolumeSize: 8 },
      },
    ],
    NetworkInterfaces: [
      { DeviceIndex: 0, SubnetId: 'subnet-1', Groups: ['sg-1'], AssociatePublicIpAddress: true },
    ],
  });
  expect(input.InstanceMarketOptions).toBeUndefined();
  expect(input.IamInstanceProfile).toBeUndefined();
  expect(input.KeyName).toBeUndefined();
});

test('tags all that it creates, inside the call', () => {
  const { TagSpecifications = [] } = runInstancesInput(plan);
  expect(TagSpecifications.map(({ ResourceType }) => ResourceType)).toEqual([
    'instance',
    'volume',
    'network-interface',
  ]);
  for (const { Tags } of TagSpecifications) {
    expect(tagValue(Tags, 'cnd:run')).toBe('20261120-081103-x7k2');
    expect(tagValue(Tags, 'cnd:owner')).toBe('123456789012:user/alice');
    expect(tagValue(Tags, 'Name')).toBe('cnd 20261120-081103-x7k2');
    expect(expiryTag(Tags)).toEqual(expiresAt);
  }
  expect(tagValue(TagSpecifications[0]?.Tags, 'cnd:first-index')).toBe('100');
});

test('a spot instance is asked for once, and is terminated when it is taken away', () => {
  const market = (spotPrice: number | null) =>
    runInstancesInput({ ...plan, spotPrice }).InstanceMarketOptions;
  const SpotOptions = { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' };
  expect(market(null)).toEqual({ MarketType: 'spot', SpotOptions });
  expect(market(0.0231)).toEqual({
    MarketType: 'spot',
    SpotOptions: { ...SpotOptions, MaxPrice: '0.023100' },
  });
});

test('an instance profile is given by name or by ARN', () => {
  const profile = (instanceProfile: string) =>
    runInstancesInput({ ...plan, instanceProfile }).IamInstanceProfile;
  expect(profile('agent')).toEqual({ Name: 'agent' });
  expect(profile('arn:aws:iam::1:instance-profile/agent')).toEqual({
    Arn: 'arn:aws:iam::1:instance-profile/agent',
  });
});

test('a client token is one of its attempt, and short enough', () => {
  expect(clientToken('20261120-081103-x7k2', 0)).not.toBe(clientToken('20261120-081103-x7k2', 1));
  expect(clientToken('20261120-081103-x7k2', 999_999).length).toBeLessThanOrEqual(64);
});

test('filters are by tag alone', () => {
  expect(runFilter('r')).toEqual([{ Name: 'tag:cnd:run', Values: ['r'] }]);
  expect(runFilter()).toEqual([{ Name: 'tag-key', Values: ['cnd:run'] }]);
});

test('an expiry that is none is not believed', () => {
  expect(expiryTag([{ Key: 'cnd:expires-at', Value: 'soon' }])).toBeUndefined();
  expect(expiryTag(undefined)).toBeUndefined();
});
