import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { imageQuery, imageTraits, newest } from '../../../../src/fleet/ec2/launch/image.ts';
import { imageSyslogCommand } from '../../../../src/fleet/ec2/syslog.ts';

test.each([
  ['ubuntu-24.04', 'arm64', '099720109477', 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-*'],
  ['ubuntu-24.04', 'x86_64', '099720109477', 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*'],
  ['amazon-linux-2023', 'x86_64', '137112412989', 'al2023-ami-2023.*-kernel-*-x86_64'],
  ['debian-12', 'arm64', '136693071363', 'debian-12-arm64-*'],
] as const)('%s for %s is looked for by owner and name', (image, architecture, owner, name) => {
  const query = imageQuery(image, architecture, 'eu-west-1');
  expect(query?.Owners).toEqual([owner]);
  expect(query?.Filters).toContainEqual({ Name: 'name', Values: [name] });
  expect(query?.Filters).toContainEqual({ Name: 'architecture', Values: [architecture] });
});

test('an id is looked for as it is, anything else not at all', () => {
  expect(imageQuery('ami-0abc', 'arm64', 'eu-west-1')).toEqual({ ImageIds: ['ami-0abc'] });
  expect(imageQuery('ubuntu', 'arm64', 'eu-west-1')).toBeUndefined();
});

test.each([
  ['ubuntu-24.04', 'us-gov-west-1', '513442679011'],
  ['ubuntu-22.04', 'cn-north-1', '837727238323'],
  ['amazon-linux-2023', 'us-gov-east-1', '045324592363'],
  ['amazon-linux-2023', 'cn-northwest-1', '141808717104'],
  ['debian-12', 'cn-north-1', undefined],
])('%s in %s is published by %s', (image, region, owner) => {
  expect(imageQuery(image, 'arm64', region)?.Owners).toEqual(owner && [owner]);
});

test('the newest is taken', () => {
  const made = (CreationDate: string) => ({ ImageId: CreationDate, CreationDate });
  const images = [
    made('2026-03-01T00:00:00.000Z'),
    made('2026-10-01T00:00:00.000Z'),
    made('2025-12-01T00:00:00.000Z'),
  ];
  expect(newest(images)?.ImageId).toBe('2026-10-01T00:00:00.000Z');
  expect(newest([])).toBeUndefined();
});

test('user and log follow the image, also of one given by its id', () => {
  expect(imageTraits('ubuntu-24.04', {})).toEqual({ user: 'ubuntu', syslog: 'file' });
  expect(imageTraits('amazon-linux-2023', {})).toEqual({ user: 'ec2-user', syslog: 'journal' });
  expect(imageTraits('debian-12', {})).toEqual({ user: 'admin', syslog: 'journal' });
  expect(imageTraits('ami-1', { OwnerId: '136693071363' })).toMatchObject({ user: 'admin' });
  expect(imageTraits('ami-1', { OwnerId: '1', Name: 'ubuntu-mine' })).toMatchObject({ user: 'ubuntu' });
  expect(imageTraits('ami-1', { OwnerId: '1', Name: 'mine' })).toEqual({
    user: 'ec2-user',
    syslog: 'either',
  });
});

test.each(['file', 'journal', 'either'] as const)('the command for %s is a command', (kind) => {
  execFileSync('sh', ['-n', '-c', imageSyslogCommand(kind)]);
  expect(imageSyslogCommand(kind)).toMatch(/gzip -c/);
});
