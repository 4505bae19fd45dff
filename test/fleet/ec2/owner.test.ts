import { expect, test } from 'vitest';
import { ownerOf } from '../../../src/fleet/ec2/owner.ts';

test.each([
  ['arn:aws:iam::123456789012:user/alice', '123456789012:user/alice'],
  ['arn:aws:iam::123456789012:user/team/a/alice', '123456789012:user/team/a/alice'],
  ['arn:aws:iam::123456789012:root', '123456789012:root'],
  [
    'arn:aws-cn:sts::123456789012:assumed-role/Builder/botocore-session-17',
    '123456789012:assumed-role/Builder',
  ],
  [
    'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0a1b/alice@example.com',
    '123456789012:assumed-role/AWSReservedSSO_Admin_0a1b/alice@example.com',
  ],
  [
    'arn:aws:sts::123456789012:assumed-role/ADFS-Dev/bob@example.com',
    '123456789012:assumed-role/ADFS-Dev/bob@example.com',
  ],
])('%s is %s', (arn, owner) => {
  expect(ownerOf(arn)).toBe(owner);
});

test('is always a tag that AWS takes', () => {
  const one = ownerOf(`arn:aws:iam::1:user/${'x'.repeat(500)}`);
  const other = ownerOf(`arn:aws:iam::1:user/${'x'.repeat(501)}`);
  expect(one.length).toBe(256);
  expect(one).not.toBe(other);
  expect(ownerOf('arn:aws:iam::1:user/a,b')).toBe('1:user/a_b');
});
