import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/file.ts';
import { resumedLayer } from '../../src/config/resumed.ts';
import { fleetKinds } from '../../src/fleet/registry.ts';

const run = '20261120-081103-x7k2';
const recorded = {
  N: 8,
  T: 200,
  fleet: 'ec2',
  puzzle: { scheme: 'hex-chain', block: 'a block', unit: 'digits', difficulty: 9 },
  from: '5',
  limit: '1000000',
  chunk: '1000',
  smallest: true,
  kernel: 'python',
};

/** The configuration of a run that resumes one with this record. */
function resumed(config: typeof recorded | object, flags: Record<string, unknown> = {}, text?: string) {
  const record = { run, where: 'eu-west-1', config: { ...recorded, ...config } };
  const file =
    text === undefined
      ? undefined
      : { path: 'cnd.config.json', directory: '/srv', content: parseConfig('cnd.config.json', text) };
  const env = { CND_DIFFICULTY: '1', CND_BLOCK: 'other', CND_TIME_LIMIT: '7', HOME: '/home/me' };
  return resolveConfig({ flags, env, file, resumed: resumedLayer(record, fleetKinds) });
}

describe('the settings of a run that resumes another', () => {
  test('are those of the record, whatever file and environment say; N, T and costs may be given anew', () => {
    const config = resumed({}, { N: '3', 'max-cost': '2' }, '{ "D": 4, "from": 1, "confirmAbove": 7 }');
    expect(config).toMatchObject({
      instances: 3,
      timeLimit: 200,
      maxCost: 2,
      confirmAbove: 7,
      fleet: 'ec2',
      puzzle: recorded.puzzle,
      space: { from: 5n, limit: 1_000_000n, chunk: 1000n },
      smallest: true,
      kernel: 'python',
    });
  });

  test('say what machines there are, and never how they are reached', () => {
    const ec2 = {
      types: ['c7g.large'],
      spot: true,
      image: 'debian-12',
      jump: { via: 'evil@example.org', identity: '/home/me/.ssh/id' },
      addressLookup: 'https://evil.example.org/',
      instanceProfile: 'evil',
      tags: 7,
    };
    expect(resumed({ ec2 }).fleetConfig).toEqual({
      ...Object(resumed({}).fleetConfig),
      region: 'eu-west-1',
      types: ['c7g.large'],
      spot: true,
      image: 'debian-12',
    });
    const hosts = { list: [{ host: 'evil.example.org' }], identityFile: '/home/me/.ssh/id' };
    expect(resumed({ fleet: 'hosts', N: 1, hosts }).fleetConfig).toEqual({ list: [] });
    const mine = resumed({ fleet: 'hosts', N: 1, hosts }, { hosts: 'me@lab1' });
    expect(JSON.stringify(mine.fleetConfig)).not.toMatch(/evil|id"/);
  });

  test('of another goal and text are without difficulty, block and unit', () => {
    const puzzle = { scheme: 'sha256', template: 'salt{nonce:x}', prefix: 'cafe' };
    expect(resumed({ puzzle }, {}, '{ "D": 4, "unit": "bits", "template": "{nonce}" }').puzzle).toEqual(
      puzzle,
    );
  });

  test('of a header are without difficulty, block and unit', () => {
    const header =
      '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c';
    const puzzle = { scheme: 'bitcoin', header, target: 'f'.repeat(64) };
    expect(resumed({ puzzle }, {}, '{ "D": 4, "unit": "bits" }').puzzle).toEqual({
      scheme: 'bitcoin',
      header,
    });
  });

  test.each([
    [{ limit: '3' }, /limit/],
    [{ chunk: '0' }, /chunk.*record/],
    [{ N: 1e9 }, /N in the record of 20261120-081103-x7k2 is 1000000000/],
    [{ puzzle: { ...recorded.puzzle, scheme: 'md5' } }, /scheme in the record/],
    [{ kernel: '/bin/sh' }, /kernel in the record/],
    [{ ec2: { image: '' } }, /image/],
    [{ fleet: 'moon' }, /'moon', which this cnd does not know/],
  ])('are judged as any: %j', (config, words) => {
    expect(() => resumed(config)).toThrow(words);
  });
});
