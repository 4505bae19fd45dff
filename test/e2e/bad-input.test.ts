import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => place.remove());

const good = { '--N': '2', '--T': '10', '--D': '2' };

/** `cnd start` with the good flags, but for those given here. */
function args(flags: Readonly<Record<string, string | undefined>>): string[] {
  const all = Object.entries({ ...good, ...flags }).filter(([, value]) => value !== undefined);
  return ['start', ...all.flatMap(([flag, value]) => [flag, value ?? ''])];
}

async function expectRefused(given: readonly string[], ...said: RegExp[]): Promise<void> {
  const { code, stdout, stderr } = await place.run(given);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  for (const words of said) expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  // Nothing was launched, nothing was written.
  expect(existsSync(place.state)).toBe(false);
  expect(existsSync(join(place.directory, 'logs'))).toBe(false);
}

test('a misspelt variable of the environment is told once, on stderr, without its value', async () => {
  const env = { CND_DIFICULTY: 'secret', CND_STAGE_SEED: '7', CND_KERNEL: '/bin/true' };
  const warning = 'cnd: warning: unknown environment variable CND_DIFICULTY; did you mean CND_DIFFICULTY?\n';
  expect(await place.run(['verify', '116', '--D', '2'], env)).toMatchObject({ code: 0, stderr: warning });
  const plan = await place.run(['plan', '--N', '1', '--T', '60', '--D', '2', '--json'], env);
  expect(plan).toMatchObject({ code: 0, stderr: warning });
  expect(plan.stdout).not.toMatch(/CND_/);
  // Where no variable counts, none is told of.
  expect(await place.run(['ps'], env)).toMatchObject({ stderr: '' });
});

describe('N', () => {
  test.each(['0', '-1', '1.5', 'eight', '0x2', '1e3', '08', ' 4', '1000000000', '99999999999999999999'])(
    "'%s' is refused",
    (value) => expectRefused(args({ '--N': value }), /--N is/, /--N 4|maxN/),
  );
  test('given twice is refused', () =>
    expectRefused([...args({}), '--N', '9'], /--N is given twice: 2 and 9/));
  test('given by both of its names is refused', () =>
    expectRefused([...args({}), '--instances', '9'], /is given twice/));
  test('missing is refused', () => expectRefused(args({ '--N': undefined }), /--N is not given/));
  test('above 1000 needs maxN', () =>
    expectRefused(args({ '--N': '1001' }), /--N is 1001: must be at most 1000/, /maxN/));
});

describe('T', () => {
  test.each(['0', '-5', '4.9', '86401', 'soon', '1e2', 'Infinity', 'NaN', '0x10'])(
    "'%s' is refused",
    (value) => expectRefused(args({ '--T': value }), /T is/, /--T/),
  );
});

describe('D', () => {
  test.each(['-1', '2.5', 'x'])("'%s' is refused", (value) =>
    expectRefused(args({ '--D': value }), /--D is/, /--D 6/),
  );
  test('65 digits are refused', () => expectRefused(args({ '--D': '65' }), /--D.*65/, /64/));
  test('257 bits are refused', () =>
    expectRefused(args({ '--D': '257', '--unit': 'bits' }), /--D.*257/, /256/));
  test('missing is refused', () => expectRefused(args({ '--D': undefined }), /--D/));
});

describe('the puzzle', () => {
  test.each([
    ['--scheme', 'md5', /--scheme is 'md5'.*hex-chain, sha256d, sha256, bitcoin/],
    ['--unit', 'bytes', /--unit is 'bytes'.*digits, bits, bits-lsb/],
    ['--fleet', 'mars', /--fleet is 'mars'.*local/],
    ['--kernel', 'fpga', /--kernel is 'fpga'.*auto, python/],
    ['--block', 'two\nlines', /--block/],
    ['--block', 'é', /--block/],
    ['--block', 'x'.repeat(5000), /--block.*5,?000/],
    ['--from', '-1', /--from is '-1'/],
    ['--limit', '18446744073709551616', /--limit.*18446744073709551616/],
    ['--limit', '0', /--limit.*from/],
    ['--chunk', '0', /--chunk/],
    ['--header', '00', /--header/],
  ])('%s %j is refused', (flag, value, words) => expectRefused(args({ [flag]: value }), words));

  test('limit not above from is refused', () =>
    expectRefused(args({ '--from': '7', '--limit': '7' }), /--limit.*7/));
  const bitcoin = { '--scheme': 'bitcoin', '--header': '00'.repeat(80), '--D': undefined };
  test('bitcoin has no D', () => expectRefused(args({ ...bitcoin, '--D': '2' }), /--D.*bitcoin/));
  test('bitcoin has no unit', () => expectRefused(args({ ...bitcoin, '--unit': 'bits' }), /--unit.*bitcoin/));
  test('a header of the wrong length is refused', () =>
    expectRefused(args({ ...bitcoin, '--header': '00'.repeat(79) }), /--header.*158/, /160/));
  test('bitcoin needs a header', () => expectRefused(args({ ...bitcoin, '--header': undefined }), /header/));
  test('a bitcoin nonce has 32 bits', () =>
    expectRefused(
      args({
        ...bitcoin,
        '--header': `${'00'.repeat(72)}ffff001d${'00'.repeat(4)}`,
        '--limit': '4294967297',
      }),
      /--limit.*4294967297/,
    ));
});

describe('the command line', () => {
  test('an unknown flag is named, with the one that was meant', () =>
    expectRefused([...args({}), '--instnces', '3'], /--instnces/, /--instances/));
  test.each([
    [args({ '--block': '--T' }), /--block is given without a value: --T follows it/, /--block=--T/],
    [[...args({}), '--block'], /--block is given without a value/, /--block VALUE/],
    [['logs', 'ls', '--since', '-1d'], /--since is '-1d': must be a date, or an age/, /--since 3d/],
    [['logs', '--until', '-1d'], /--until is '-1d'/, /--until/],
    [['logs', 'rm', '--older-than', '-1d'], /--older-than is '-1d'/, /30d/],
  ])('%j is refused', (words, ...said) => expectRefused(words, ...said));
  test('a value may begin with a dash', async () => {
    const { code, stderr } = await place.run([...args({ '--block': '-x' }), '--dry-run']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("hex-chain of '-x'") });
  });
  test('a value for a flag that takes none is refused', () =>
    expectRefused([...args({}), '--smallest=maybe'], /--smallest is 'maybe': it takes no value/));
  test.each(['--N', '--T', '--D', '--config', '--region'])('an empty value of %s is refused', (flag) =>
    expectRefused(args({ [flag]: '' }), new RegExp(`${flag} has an empty value`), /or omit/),
  );
  test('an empty region is not all regions', () =>
    expectRefused(['scram', '--dry-run', '--region', ''], /--region has an empty value/));
  test('an unknown command is named', () => expectRefused(['strat'], /strat/, /start/));
  test('a stray word is refused', () => expectRefused([...args({}), '5'], /5/));
  test('no command is refused', () => expectRefused([], /command/));
  test('scram of what is no run id is refused', () =>
    expectRefused(['scram', '--run', '../..'], /--run is "\.\.\/\.\."/, /cnd ps/));
  test('a bad environment variable is named', async () => {
    const { code, stderr } = await place.run(args({ '--N': undefined }), { CND_INSTANCES: 'many' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/CND_INSTANCES is 'many'/);
  });
});

describe('cnd.config.json', () => {
  const config = (text: string): void => writeFileSync(join(place.directory, 'cnd.config.json'), text);

  test('broken JSON is refused with line and column', () => {
    config('{\n  "N": 4,\n  "T": }\n');
    return expectRefused(args({}), /cnd\.config\.json is not valid JSON at line 3, column 8/);
  });
  test('an unknown key is refused with the nearest valid one', () => {
    config('{ "fleat": "local" }');
    return expectRefused(args({}), /fleat in cnd\.config\.json/, /did you mean fleet\?/);
  });
  test('an unknown nested key is refused with its path', () => {
    config('{ "logs": { "dir": "x" } }');
    return expectRefused(args({}), /logs\.dir in cnd\.config\.json/, /directory/);
  });
  test('a wrong value is refused even where a flag overrides it', () => {
    config('{ "N": "eight" }');
    return expectRefused(args({}), /N in cnd\.config\.json is 'eight'/);
  });
  test('a number that JSON cannot hold exactly is refused', () => {
    config('{ "limit": 18446744073709551615 }');
    return expectRefused(args({}), /limit in cnd\.config\.json/, /string|--limit/);
  });
  test('a file that is not there is refused when it was named', () =>
    expectRefused([...args({}), '--config', 'missing.json'], /missing\.json cannot be read/));
  test('a key that is there twice is refused with its lines', () => {
    config('{ "chunk": 7,\n  "chunk": 8 }');
    return expectRefused(args({}), /cnd\.config\.json has chunk twice, in lines 1 and 2/, /remove one/);
  });
  test('5,000 nested brackets are refused', () => {
    config(`{ "logs": ${'['.repeat(5000)}${']'.repeat(5000)} }`);
    return expectRefused(args({}), /cnd\.config\.json is nested too deeply at line 1, column 60/, /brackets/);
  });
  test('a link that leads nowhere is refused, named or not', async () => {
    symlinkSync('nowhere', join(place.directory, 'cnd.config.json'));
    for (const more of [[], ['--config', 'cnd.config.json']])
      await expectRefused(
        [...args({}), ...more],
        /cnd\.config\.json cannot be read: it is a link to nowhere, which does not exist/,
        /create that file, or remove the link/,
      );
  });
  test('a failure of an instance that there is not cannot be rehearsed', async () => {
    config(
      '{ "local": { "rehearse": [{ "instance": 1, "failure": "dies" }, { "instance": 2, "failure": "dies" }] } }',
    );
    await expectRefused(
      args({}),
      /local\.rehearse\.1\.instance in cnd\.config\.json is 2: there are only instances 0 to 1/,
      /--N/,
    );
    // Who asks for no number of instances is not told that it is too small.
    expect((await place.run(['doctor', '--json'])).stdout).not.toMatch(/rehearse/);
  });
  test('maxN raises the bound on N', async () => {
    config('{ "maxN": 1 }');
    await expectRefused(args({}), /--N is 2: must be at most 1/);
  });
});

test('--types of a comparison is named as it was given', () => {
  const given = ['compare', '--fleet', 'ec2', '--N', '1', '--T', '120', '--D', '2', '--types', 'a,b'];
  return expectRefused(given, /^cnd: --types is 'a': must be instance types/, /for example --types/);
});

test('a logs directory that cannot be written is refused', async () => {
  writeFileSync(join(place.directory, 'logs'), 'a file');
  const { code, stderr } = await place.run(args({}));
  expect(code).toBe(2);
  expect(stderr).toMatch(/logs directory .*logs cannot be written/);
  // The run was noted, so that a scram could have stopped it; the note is gone.
  expect(readdirSync(join(place.state, 'cnd'))).toEqual([]);
});

test('an existing logs directory is not touched when something else is wrong', async () => {
  mkdirSync(join(place.directory, 'logs'));
  const { code } = await place.run(args({ '--N': '0' }));
  expect(code).toBe(2);
  expect(readdirSync(join(place.directory, 'logs'))).toEqual([]);
});
