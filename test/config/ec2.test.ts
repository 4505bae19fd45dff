import { expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.ts';

const needed = { N: '2', T: '60', D: '2', fleet: 'ec2' };
const resolve = (flags: object, content?: object) =>
  resolveConfig({
    flags: { ...needed, ...flags },
    env: {},
    file: content && {
      path: 'cnd.config.json',
      directory: '/x',
      content: content as Record<string, unknown>,
    },
  });

test('flags reach into the group, over the file, member by member', () => {
  const { fleetConfig, minimum, maxCost } = resolve(
    { region: 'eu-west-1', spot: true, type: 'c7i.large, c6i.large', 'min-N': '2', 'max-cost': '0.5' },
    { ec2: { region: 'us-east-2', image: 'debian-12', jump: { via: 'me@bastion' } } },
  );
  expect(fleetConfig).toMatchObject({
    region: 'eu-west-1',
    image: 'debian-12',
    spot: true,
    types: ['c7i.large', 'c6i.large'],
    jump: { via: 'me@bastion' },
    sshFrom: 'auto',
    connect: 'public',
  });
  expect([minimum, maxCost]).toEqual([2, 0.5]);
});

test.each([
  [{ region: 'mars' }, undefined, /^--region is 'mars': must be a region like eu-west-1$/],
  [{ type: 'big' }, undefined, /--type.* is 'big': must be instance types like c8a\.medium/],
  [{ 'min-N': '3' }, undefined, /^--min-N is 3: must be at most N, which is 2$/],
  [
    { 'max-cost': '-1' },
    undefined,
    /^--max-cost is '-1': must be an amount of US dollars from 0 to 1,000,000$/,
  ],
  [{}, { ec2: { regoin: 'eu-west-1' } }, /^ec2\.regoin in cnd\.config\.json is not a setting$/],
  [{}, { ec2: { sshFrom: 'anywhere' } }, /^ec2\.sshFrom in cnd\.config\.json is 'anywhere': /],
  [
    {},
    { ec2: { jump: { via: 'bastion:ssh' } } },
    /^ec2\.jump\.via in cnd\.config\.json is 'bastion:ssh': must have a port from 1 to 65535/,
  ],
  [{}, { ec2: { jump: {} } }, /^ec2\.jump\.via in cnd\.config\.json/],
] as const)('%j with %j is refused', (flags, content, words) => {
  expect(() => resolve(flags, content)).toThrow(words);
});
