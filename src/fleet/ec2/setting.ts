import type { SettingName } from '../kind.ts';

/** The settings of Amazon EC2 that have a flag. */
export const ec2SettingNames: readonly SettingName[] = [
  {
    key: 'ec2.region',
    flag: 'region',
    alsoFor: 'logs.bucket',
    describe: 'AWS region [default: as in the AWS CLI]',
  },
  {
    key: 'ec2.profile',
    flag: 'profile',
    alsoFor: 'logs.bucket',
    describe: 'AWS profile [default: as in the AWS CLI]',
  },
  {
    key: 'ec2.types',
    flag: 'type',
    describe:
      'EC2 instance types, best first [default: the most hashes per dollar in the region, e.g. c8a.medium]',
  },
  {
    key: 'ec2.image',
    flag: 'image',
    describe: 'ubuntu-24.04, amazon-linux-2023, debian-12 or ami-… [default: ubuntu-24.04]',
  },
  {
    key: 'ec2.spot',
    flag: 'spot',
    boolean: true,
    describe: 'use Spot Instances: cheaper, but they can be interrupted',
  },
];
