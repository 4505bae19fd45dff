import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfigSources, validateTimeLimit, resolveConfig } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/file.ts';
import { UsageError } from '../../src/error.ts';
import { genesisHeader } from '../puzzle/example.ts';

const enough = { N: '4', T: '60', D: '6' };

/** Flags and environment as a program gets them, and the text of a configuration file. */
function sources(flags: Record<string, unknown>, env: NodeJS.ProcessEnv = {}, text?: string): ConfigSources {
  const path = 'cnd.config.json';
  const file =
    text === undefined ? undefined : { path, directory: '/srv/team', content: parseConfig(path, text) };
  return { flags, env, file };
}

function refusal(...given: Parameters<typeof sources>): UsageError {
  try {
    resolveConfig(sources(...given));
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a scheme', () => {
  const bitcoin = { N: '1', T: '60', scheme: 'bitcoin' };
  const ofText = '{ "scheme": "sha256", "template": "{nonce}{block}", "block": "b", "D": 6, "unit": "bits" }';

  test('that is stronger replaces what a weaker place says for others', () => {
    const { puzzle } = resolveConfig(sources({ ...bitcoin, header: genesisHeader }, {}, ofText));
    expect(puzzle).toEqual({ scheme: 'bitcoin', header: genesisHeader });
    const ofHeader = `{ "scheme": "bitcoin", "header": "${genesisHeader}" }`;
    expect(resolveConfig(sources({ ...enough, scheme: 'sha256' }, {}, ofHeader)).puzzle).toEqual({
      scheme: 'sha256',
      block: 'COMSM0010cloud',
      unit: 'digits',
      difficulty: 6,
    });
    const named = sources({ N: '1', T: '60' }, { CND_SCHEME: 'bitcoin', CND_HEADER: genesisHeader }, ofText);
    expect(resolveConfig(named).puzzle).toMatchObject({ scheme: 'bitcoin' });
  });

  test('of the same place, or a weaker one, does not', () => {
    const header = genesisHeader;
    expect(refusal({ ...bitcoin, header, D: '3' }, {}, ofText).message).toMatch(/^--D is/);
    expect(refusal({ N: '1', T: '60', header }, {}, ofText).message).toMatch(/^--header is .*scheme sha256/);
    // Of the text schemes each takes what the file says for another.
    expect(resolveConfig(sources({ N: '1', T: '60', scheme: 'sha256d' }, {}, ofText)).puzzle).toEqual({
      scheme: 'sha256d',
      template: '{nonce}{block}',
      block: 'b',
      unit: 'bits',
      difficulty: 6,
    });
  });
});

describe('precedence', () => {
  const layers = fc.record({
    flag: fc.option(fc.integer({ min: 1, max: 1000 })),
    env: fc.option(fc.integer({ min: 1, max: 1000 })),
    file: fc.option(fc.integer({ min: 1, max: 1000 })),
  });
  const variables = { N: 'CND_INSTANCES', T: 'CND_TIME_LIMIT', chunk: 'CND_CHUNK' } as const;

  test.each(['N', 'T', 'chunk'] as const)('of %s: flag, environment, file', (key) => {
    fc.assert(
      fc.property(layers, ({ flag, env, file }) => {
        const strongest = flag ?? env ?? file;
        fc.pre(strongest !== null);
        const config = resolveConfig(
          sources(
            { ...enough, [key]: flag === null ? undefined : String(flag) },
            env === null ? {} : { [variables[key]]: String(env) },
            file === null ? '{}' : JSON.stringify({ [key]: file }),
          ),
        );
        const got = { N: config.instances, T: config.timeLimit, chunk: Number(config.space.chunk) }[key];
        expect(got).toBe(strongest);
      }),
      { numRuns: 50 },
    );
  });

  test('defaults are what holds where nothing else is said', () => {
    const config = resolveConfig(sources(enough));
    expect(config).toMatchObject({
      fleet: 'local',
      puzzle: { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 6 },
      space: { from: 0n, limit: 2n ** 32n, chunk: 1_000_000n },
      smallest: false,
      kernel: 'auto',
      fleetConfig: { bootDelay: 0, rehearse: [] },
    });
  });

  test('the environment alone is enough, and an empty variable counts as not set', () => {
    const env = {
      CND_INSTANCES: '3',
      CND_TIME_LIMIT: '12.5',
      CND_DIFFICULTY: '20',
      CND_SCHEME: 'sha256d',
      CND_UNIT: 'bits-lsb',
      CND_BLOCK: '',
      CND_SMALLEST: 'yes',
      CND_FROM: '7',
      CND_LIMIT: '18446744073709551615',
    };
    expect(resolveConfig(sources({}, env))).toMatchObject({
      instances: 3,
      timeLimit: 12.5,
      puzzle: { scheme: 'sha256d', unit: 'bits-lsb', difficulty: 20, block: 'COMSM0010cloud' },
      space: { from: 7n, limit: 2n ** 64n - 1n },
      smallest: true,
    });
  });

  test('a variable can say no to what the file says yes to', () => {
    const file = '{ "smallest": true }';
    expect(resolveConfig(sources(enough, {}, file)).smallest).toBe(true);
    expect(resolveConfig(sources(enough, { CND_SMALLEST: '0' }, file)).smallest).toBe(false);
    expect(resolveConfig(sources({ ...enough, smallest: true }, { CND_SMALLEST: '0' }, file)).smallest).toBe(
      true,
    );
  });

  test('CND_KERNEL names a program to agents and chooses nothing here', () => {
    expect(resolveConfig(sources(enough, { CND_KERNEL: '/bin/true' })).kernel).toBe('auto');
    expect(resolveConfig(sources({ ...enough, kernel: 'python' })).kernel).toBe('python');
  });

  test('groups of settings are merged key by key', () => {
    const delayed = resolveConfig(sources(enough, {}, '{ "local": { "bootDelay": 2.5 } }'));
    expect(delayed.fleetConfig).toEqual({ bootDelay: 2.5, rehearse: [] });
    const rehearsed = resolveConfig(
      sources(enough, {}, '{ "local": { "rehearse": [{ "instance": 1, "failure": "dies" }] } }'),
    );
    expect(rehearsed.fleetConfig).toEqual({
      bootDelay: 0,
      rehearse: [{ instance: 1, failure: 'dies', after: 0 }],
    });
    expect(resolveConfig(sources(enough, {}, '{ "logs": {} }')).logs.directory).toMatch(/\/logs$/);
  });
});

describe('the logs directory', () => {
  test('of a file is relative to that file, whoever runs cnd wherever', () => {
    const config = resolveConfig(sources(enough, {}, '{ "logs": { "directory": "../archive" } }'));
    expect(config.logs.directory).toBe('/srv/archive');
  });

  test('that is absolute stays as it is', () => {
    const config = resolveConfig(sources(enough, {}, '{ "logs": { "directory": "/var/log/cnd" } }'));
    expect(config.logs.directory).toBe('/var/log/cnd');
  });

  test('is ./logs without a file', () => {
    expect(resolveConfig(sources(enough)).logs.directory).toBe(`${process.cwd()}/logs`);
  });
});

describe('numbers', () => {
  const top = 2n ** 64n - 1n;
  const span = fc
    .tuple(fc.bigInt(0n, top), fc.bigInt(0n, top))
    .filter(([a, b]) => a !== b)
    .map(([a, b]): [bigint, bigint] => (a < b ? [a, b] : [b, a]));

  test('every from and limit up to 2^64 − 1 survives exactly, as flag, variable and JSON string', () => {
    fc.assert(
      fc.property(span, ([from, limit]) => {
        const text = { from: `${from}`, limit: `${limit}` };
        const byFlag = resolveConfig(sources({ ...enough, ...text }));
        const byVariable = resolveConfig(sources(enough, { CND_FROM: text.from, CND_LIMIT: text.limit }));
        const byFile = resolveConfig(sources(enough, {}, JSON.stringify(text)));
        for (const { space } of [byFlag, byVariable, byFile]) {
          expect([space.from, space.limit]).toEqual([from, limit]);
        }
      }),
      { numRuns: 100, examples: [[[0n, top]], [[top - 1n, top]], [[2n ** 53n, 2n ** 53n + 1n]]] },
    );
  });

  test('a JSON number that has lost digits is refused, one that is exact is taken', () => {
    expect(resolveConfig(sources(enough, {}, '{ "limit": 9007199254740991 }')).space.limit).toBe(
      2n ** 53n - 1n,
    );
    expect(refusal(enough, {}, '{ "limit": 9007199254740993 }').message).toMatch(
      /^limit in cnd\.config\.json is \d+: is too large to be exact as a JSON number; write it as a string$/,
    );
  });

  test('T may be a decimal, from wherever it comes', () => {
    expect(resolveConfig(sources({ ...enough, T: '12.75' })).timeLimit).toBe(12.75);
    expect(resolveConfig(sources({ N: '1', D: '1' }, {}, '{ "T": 0.5 }')).timeLimit).toBe(0.5);
    expect(resolveConfig(sources({ ...enough, T: '86400' })).timeLimit).toBe(86_400);
  });

  test('only plain decimals are whole numbers', () => {
    const decimal = /^(0|[1-9]\d*)$/;
    const almost = fc.oneof(
      fc.string().filter((text) => !decimal.test(text)),
      fc.constantFrom(
        '0',
        '-1',
        '1.5',
        'eight',
        '',
        ' 4',
        '4 ',
        '+4',
        '04',
        '0x2',
        '1e3',
        '1_000',
        '٤',
        '4n',
      ),
    );
    fc.assert(
      fc.property(almost, (N) => {
        expect(refusal({ ...enough, N })).toMatchObject({ exitCode: 2, code: 'bad-setting', about: 'N' });
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    [{ N: '1000000000' }, '--N is 1000000000: must be at most 1000'],
    [{ N: '9'.repeat(400) }, /^--N is '9+: must be a whole number of instances/],
    [{ N: '' }, "--N is '': must be a whole number of instances, 1 or more"],
    [{ T: 'soon' }, "--T is 'soon': must be a number of seconds from 0 to 86,400"],
    [{ T: '86400.001' }, "--T is '86400.001': must be a number of seconds from 0 to 86,400"],
    [{ T: '1e3' }, "--T is '1e3': must be a number of seconds from 0 to 86,400"],
    [{ T: '.5' }, /^--T is '\.5'/],
    [{ D: '-1' }, "--D is '-1': must be a whole number of leading zeros from 0 to 256"],
    [{ D: '2.5' }, /^--D is '2\.5'/],
    [{ D: '65' }, '--D is 65: must be a whole number of leading zero digits from 0 to 64'],
    [{ D: '257', unit: 'bits' }, "--D is '257': must be a whole number of leading zeros from 0 to 256"],
    [{ unit: 'nibbles' }, "--unit is 'nibbles': must be one of digits, bits, bits-lsb"],
    [{ scheme: 'scrypt' }, /^--scheme is 'scrypt': must be one of hex-chain, sha256d, sha256, bitcoin$/],
    [{ fleet: 'moon' }, "--fleet is 'moon': must be one of local"],
    [{ kernel: 'cuda' }, "--kernel is 'cuda': must be one of auto, python"],
    [{ chunk: '0' }, '--chunk is 0 nonces, not at least 1'],
    [{ from: '7', limit: '7' }, /^--limit is 7, not above from, which is 7/],
    [{ from: '4294967296' }, /^--limit is 4294967296 by default, not above from/],
    [{ limit: '18446744073709551616' }, /^--limit is 18446744073709551616, above the/],
    [{ block: 'a\nb' }, /^--block is .*: it has U\+000A at position 1/],
    [{ block: 'x'.repeat(5000) }, /^--block is "x+… \(5000 characters\): it has 5000 bytes, more than 4096/],
    [{ scheme: 'bitcoin', header: genesisHeader }, /^--D is 6, but scheme bitcoin has none/],
  ])('%j is refused by its flag', (flags, message) => {
    const error = refusal({ ...enough, ...flags });
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(2);
    expect(error.hint).toMatch(/\S/);
  });

  test.each([
    [{ scheme: 'bitcoin', header: '00' }, /^--header is .*: it has 2 characters, not 160/],
    [{ scheme: 'bitcoin' }, /^--header is missing/],
    [{ scheme: 'bitcoin', header: genesisHeader, unit: 'bits' }, /^--unit is "bits", but scheme bitcoin/],
  ])('%j is refused with bitcoin', (flags, message) => {
    expect(refusal({ N: '1', T: '60', ...flags }).message).toMatch(message);
  });

  test.each([
    [
      '{ "maxN": 0 }',
      'maxN in cnd.config.json is 0: must be a whole number of instances from 1 to 1,000,000',
    ],
    [
      '{ "maxCost": -1 }',
      'maxCost in cnd.config.json is -1: must be an amount of US dollars from 0 to 1,000,000',
    ],
    ['{ "from": -1 }', 'from in cnd.config.json is -1: must be a whole number, 0 or more'],
    [
      '{ "local": { "bootDelay": 601 } }',
      'local.bootDelay in cnd.config.json is 601: must be a number of seconds from 0 to 600',
    ],
    [
      '{ "local": { "rehearse": [{ "instance": -1, "failure": "dies" }] } }',
      'local.rehearse.0.instance in cnd.config.json is -1: must be the index of an instance, from 0 to 999,999',
    ],
  ])('%s is refused with its bounds', (text, message) => {
    const error = refusal(enough, {}, text);
    expect([error.message, error.exitCode]).toEqual([message, 2]);
  });

  test('maxN of the configuration may be raised or lowered', () => {
    expect(resolveConfig(sources({ ...enough, N: '5000' }, {}, '{ "maxN": 5000 }')).instances).toBe(5000);
    expect(refusal({ ...enough, N: '3' }, {}, '{ "maxN": 2 }').message).toBe('--N is 3: must be at most 2');
  });
});

describe('an error names the place a value came from', () => {
  test.each([
    [{ ...enough, N: 'x' }, {}, undefined, "--N is 'x'"],
    [{ T: '60', D: '6' }, { CND_INSTANCES: 'x' }, undefined, "CND_INSTANCES is 'x'"],
    [{ T: '60', D: '6' }, {}, '{ "N": "x" }', "N in cnd.config.json is 'x'"],
    [{ T: '60', D: '6' }, { CND_INSTANCES: '1001' }, undefined, 'CND_INSTANCES is 1001: must be at most'],
    [{ T: '60', D: '6' }, {}, '{ "N": 1001 }', 'N in cnd.config.json is 1001: must be at most'],
    [enough, { CND_LIMIT: '0' }, undefined, 'CND_LIMIT is 0'],
    [enough, {}, '{ "limit": 0 }', 'limit in cnd.config.json is 0'],
    [{ N: '4', T: '60' }, {}, undefined, '--D is missing'],
    [{ N: '4', D: '6' }, {}, undefined, '--T is not given'],
    [{ T: '4', D: '6' }, {}, '{}', '--N is not given'],
    [enough, { CND_SMALLEST: 'maybe' }, undefined, "CND_SMALLEST is 'maybe': must be true or false"],
    [enough, {}, '{ "local": { "bootDelay": -1 } }', 'local.bootDelay in cnd.config.json is -1'],
    [
      enough,
      {},
      '{ "local": { "rehearse": [{ "instance": 0, "failure": "explodes" }] } }',
      "local.rehearse.0.failure in cnd.config.json is 'explodes'",
    ],
    [enough, {}, '{ "N": null }', 'N in cnd.config.json is null'],
    [enough, {}, '{ "smallest": "true" }', "smallest in cnd.config.json is 'true': must be true or false"],
  ])('%#: %j %j %s', (flags, env, file, message) => {
    const error = refusal(flags, env, file);
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ exitCode: 2 });
    expect(error.hint).toMatch(/\S/);
  });

  test('a wrong value in the file is an error even where a flag overrides it', () => {
    expect(refusal({ ...enough, T: '60' }, {}, '{ "T": "soon" }').message).toMatch(/^T in cnd\.config\.json/);
  });

  test.each([
    ['{ "treshold": 1 }', 'treshold in cnd.config.json is not a setting', /^valid here: .*scheme/],
    ['{ "fleat": "local" }', 'fleat in cnd.config.json is not a setting', /^did you mean fleet\?$/],
    ['{ "maxn": 1 }', 'maxn in cnd.config.json is not a setting', /^did you mean maxN\?$/],
    [
      '{ "logs": { "dir": "x" } }',
      'logs.dir in cnd.config.json is not a setting',
      /^valid here: directory, bucket/,
    ],
    ['{ "logs": { "directry": "x" } }', 'logs.directry in', /^did you mean logs\.directory\?$/],
    ['{ "local": { "bootdelay": 1 } }', 'local.bootdelay in', /^did you mean local\.bootDelay\?$/],
    [
      '{ "local": { "rehearse": [{ "instance": 0, "failure": "dies", "afer": 1 }] } }',
      'local.rehearse.0.afer in',
      /^did you mean local\.rehearse\.0\.after\?$/,
    ],
    ['{ "constructor": 1 }', 'constructor in cnd.config.json is not a setting', /^valid here/],
    ['{ "__proto__": { "N": 1 } }', '__proto__ in cnd.config.json is not a setting', /^valid here/],
  ])('an unknown key: %s', (file, message, hint) => {
    const error = refusal(enough, {}, file);
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: 'unknown-setting', exitCode: 2 });
    expect(error.hint).toMatch(hint);
  });

  test('what it quotes cannot command a terminal', () => {
    const escape = '\u001B[2J\u009B31m\n';
    const file = (content: object): string => JSON.stringify(content);
    for (const error of [
      refusal({ ...enough, N: escape }),
      refusal(enough, { CND_SCHEME: escape }),
      refusal(enough, {}, file({ N: escape })),
      refusal(enough, {}, file({ [escape]: 1 })),
      refusal(enough, {}, file({ local: { [escape]: 1 } })),
      refusal(enough, { CND_SMALLEST: escape }),
    ]) {
      // oxlint-disable-next-line no-control-regex -- just these must not be there
      expect(`${error.message}${error.hint}`).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
    }
  });
});

describe('T and the fleet', () => {
  const timing = { reserve: 3, grace: 5, boot: 1, poll: 0.1, settle: 0 };

  test('the reserve and two seconds are the least', () => {
    validateTimeLimit(5, timing);
    expect(() => validateTimeLimit(4.99, timing)).toThrow(
      'T is 4.99: must be at least 5 seconds on this fleet',
    );
    expect(() => validateTimeLimit(21.9, { reserve: 20, grace: 60, boot: 40, poll: 0.1, settle: 0 })).toThrow(
      expect.objectContaining({ exitCode: 2, about: 'T', hint: expect.stringContaining('--T 22 to 86400') }),
    );
  });
});

describe('flags of another fleet', () => {
  test.each([
    [{ spot: true }, /--spot is a setting of the fleet ec2, but the fleet is local/],
    [{ type: 'c7a.medium' }, /--type is a setting of the fleet ec2/],
    [{ region: 'eu-west-1' }, /--region is a setting of the fleet ec2/],
    [{ fleet: 'hosts', hosts: 'a,b', N: '2', image: 'debian-12' }, /--image .* but the fleet is hosts/],
  ])('%o are refused', (flags, words) => {
    expect(() => resolveConfig(sources({ ...enough, ...flags }))).toThrow(words);
  });

  test('a file and the environment may hold settings for another day', () => {
    const file = '{ "ec2": { "spot": true }, "hosts": { "list": ["a"] }, "fleet": "local" }';
    expect(resolveConfig(sources(enough, {}, file)).fleet).toBe('local');
  });

  test('with a bucket, region and profile say where it is asked for', () => {
    const flags = { ...enough, region: 'eu-west-1', profile: 'work' };
    const config = resolveConfig(sources(flags, {}, '{ "logs": { "bucket": "my-logs" } }'));
    expect(config.aws).toEqual({ region: 'eu-west-1', profile: 'work' });
  });
});
