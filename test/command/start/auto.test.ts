import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseInstances } from '../../../src/command/start/auto.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import { goalOf, machineOptions } from '../../../src/command/plan/machine.ts';
import { estimate } from '../../../src/plan/estimate.ts';

let folder: string;
let config: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cnd-auto-'));
  config = join(folder, 'cnd.config.json');
  writeFileSync(config, '{ "logs": { "directory": "logs" } }');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A profile that there is not: nothing can be asked of AWS. */
const noAws = {
  AWS_PROFILE: 'none',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  XDG_CACHE_HOME: '/dev/null',
};

/** EC2 by the built-in table. */
const ec2 = {
  fleet: 'ec2',
  region: 'us-east-1',
  type: 'c7a.large',
  D: '9',
  limit: '100000000000000',
  T: '300',
};
const choose = (flags: object) => chooseInstances({ config, N: 'auto', ...ec2, ...flags }, noAws);

test('an N that is given stays, and leaves --confidence nothing to say', async () => {
  const flags = { ...ec2, N: '3' };
  expect(await chooseInstances(flags, {})).toEqual({ flags });
  await expect(chooseInstances({ ...flags, confidence: '0.9' }, {})).rejects.toMatchObject({
    about: 'confidence',
  });
});

test.each([0.5, 0.95, 0.999])(
  'the fewest instances that reach a probability of %d are chosen, and it is said why',
  async (confidence) => {
    const { flags, chosen } = await choose({ confidence: String(confidence) });
    const instances = Number(flags['N']);
    const resolved = resolveConfig({
      flags: { ...ec2, N: '1' },
      env: {},
      file: { path: config, directory: folder, content: { logs: { directory: 'logs' } } },
    });
    const fleet = await resolved.fleetKind.open(resolved.fleetConfig, {});
    const [option] = await machineOptions(resolved, fleet, {
      signal: new AbortController().signal,
      env: noAws,
      allMarkets: false,
      timeout: 3000,
    });
    if (!option) throw new Error('there is no option');
    const goal = goalOf(resolved, fleet);
    expect(estimate(goal, option, instances).chance).toBeGreaterThanOrEqual(confidence);
    if (instances > 1) expect(estimate(goal, option, instances - 1).chance).toBeLessThan(confidence);
    expect(chosen).toContain(`${instances} instance`);
    expect(chosen).toMatch(/of c7a\.large succeed within .* wanted: .* \(rate: .*; boot: .*an hour/);
    expect(flags).toMatchObject({ T: '300', D: '9' });
  },
);

test('a long text after the nonce takes more instances, which is said', async () => {
  const [short, long] = await Promise.all([choose({}), choose({ block: 'a'.repeat(4096) })]);
  expect(Number(long.flags['N'])).toBeGreaterThan(20 * Number(short.flags['N']));
  expect(long.chosen).toContain('divided by 22.3 for the text after the nonce');
});

test('of several types there are enough of the slowest', async () => {
  const [one, other] = await Promise.all(['c7a.medium', 'c7a.large'].map((type) => choose({ type })));
  const both = await choose({ type: 'c7a.large,c7a.medium' });
  expect(Number(both.flags['N'])).toBe(Math.max(Number(one?.flags['N']), Number(other?.flags['N'])));
});

test('a type that does not exist is left out beside one that does', async () => {
  const { flags } = await choose({ type: 'c7a.tiny,c7a.large' });
  expect(flags['N']).toBe((await choose({})).flags['N']);
});

test.each([
  [{ confidence: '1' }, 'confidence', /above 0 and below 1: no search is certain/],
  [{ confidence: '0' }, 'confidence', /above 0 and below 1/],
  [{ confidence: 'high' }, 'confidence', /must be a number/],
  [{ T: '30' }, 'N', /is over before an instance searches; give at least --T/],
  [
    { D: '60' },
    'N',
    /no number of instances reaches 95.0 %: the whole space holds a golden nonce with < 0.01 %/,
  ],
  [{ 'max-cost': '0' }, 'max-cost', /may cost \$.*, more than the \$.* of --max-cost: it pays for none/],
  [{ 'max-cost': '0.02' }, 'max-cost', /it pays for \d+, which succeed with/],
  [{ D: 'many' }, 'D', /D.*many/],
  [{ type: 'c7a.tiny' }, 'N', /there is no c7a\.tiny: the sizes of this family are medium, large/],
])('%j is answered with the truth', async (flags, about, message) => {
  await expect(choose(flags)).rejects.toMatchObject({
    about,
    message: expect.stringMatching(message) as string,
  });
});
