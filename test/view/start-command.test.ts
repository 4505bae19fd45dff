import { expect, test } from 'vitest';
import { startCommand } from '../../src/view/start-command.ts';

const plain = {
  fleet: 'local',
  fleetFlags: [],
  instances: 4,
  timeLimit: 60,
  puzzle: { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 6 },
  from: '0',
  limit: '4294967296',
};

test('says nothing that is the default anyhow', () => {
  expect(startCommand(plain)).toBe('cnd start --fleet local --N 4 --T 60 --D 6');
});

test('says all that is not, quoted for a shell', () => {
  expect(
    startCommand({
      ...plain,
      fleet: 'ec2',
      fleetFlags: ['--type c7a.medium'],
      puzzle: { scheme: 'sha256d', block: "it's; rm -rf", unit: 'bits-lsb', difficulty: 20 },
      from: 5n,
      limit: 2n ** 40n,
      smallest: true,
      kernel: 'python',
    }),
  ).toBe(
    String.raw`cnd start --fleet ec2 --type c7a.medium --N 4 --T 60 --scheme sha256d --D 20 --unit bits-lsb --block 'it'\''s; rm -rf' --from 5 --limit 1099511627776 --smallest --kernel python`,
  );
  expect(startCommand({ ...plain, puzzle: { scheme: 'sha256', template: 'a{nonce}', prefix: 'cafe' } })).toBe(
    "cnd start --fleet local --N 4 --T 60 --scheme sha256 --prefix cafe --template 'a{nonce}'",
  );
  expect(startCommand({ ...plain, puzzle: { scheme: 'bitcoin', header: 'ab', target: 'ff' } })).toBe(
    'cnd start --fleet local --N 4 --T 60 --scheme bitcoin --header ab',
  );
});
