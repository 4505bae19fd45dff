import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { version } from '../../../src/package.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import { planWarnings, planned } from '../../../src/run/plan/plan.ts';
import { genesisHeader } from '../../puzzle/example.ts';

const config = (flags: Record<string, string> = {}) =>
  resolveConfig({ flags: { N: '4', T: '60', D: '6', ...flags }, env: {}, file: undefined });
const local = { reserve: 3, grace: 5, boot: 1, poll: 0.1, settle: 0 };
const ec2 = { reserve: 20, grace: 60, boot: 40, poll: 0.1, settle: 0 };
/** Kernels of which each thread tests half a million nonces a second. */
const script = { rate: 500_000 };
const messages = (...given: Parameters<typeof planWarnings>) => planWarnings(...given).map((w) => w.message);

describe('the plan', () => {
  test('in the words of the user, with nonces as strings', () => {
    expect(planned(config({ limit: '18446744073709551615' }), '/srv/logs/r')).toEqual({
      schema: 2,
      fleet: 'local',
      instances: 4,
      timeLimit: 60,
      puzzle: { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 6 },
      from: '0',
      limit: '18446744073709551615',
      chunk: '1000000',
      smallest: false,
      kernel: 'auto',
      expectedNonces: '16777216',
      spaceProbability: 1 - Number.EPSILON / 2,
      logs: '/srv/logs/r',
      versions: {
        cnd: version,
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
      },
      fleetConfig: { bootDelay: 0, rehearse: [] },
    });
  });

  test('of a header names its target', () => {
    const bitcoin = resolveConfig({
      flags: { N: '1', T: '60', scheme: 'bitcoin', header: genesisHeader },
      env: {},
      file: undefined,
    });
    const plan = planned(bitcoin, '');
    expect(plan.puzzle).toEqual({
      scheme: 'bitcoin',
      header: genesisHeader,
      target: `00000000ffff${'0'.repeat(52)}`,
    });
    expect(plan.expectedNonces).toBe('4295032833');
    expect(plan.spaceProbability).toBeCloseTo(0.632, 3);
  });

  test('expected nonces are numbers a person can read at every difficulty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 256 }), (D) => {
        const { expectedNonces, spaceProbability } = planned(config({ unit: 'bits', D: `${D}` }), '');
        expect(expectedNonces).toMatch(D < 50 ? /^\d{1,15}$/ : /^\d\.\d\de\+\d+$/);
        expect(Number(expectedNonces) / 2 ** D).toBeCloseTo(1, 2);
        expect(spaceProbability).toBeGreaterThan(0);
        expect(spaceProbability).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('warnings before the launch', () => {
  test('none when all is fine', () => {
    expect(planWarnings(config(), local, script, 2)).toEqual([]);
    expect(planWarnings(config({ D: '0' }), local, script, 1)).toEqual([]);
  });

  test('slim odds within T are told', () => {
    expect(planWarnings(config({ D: '10' }), local, script, 2)).toEqual([
      {
        message:
          'the probability of a golden nonce within T, at about 1.00 MH/s, is about 1 in 19,635: one nonce in 1,099,511,627,776 is golden, and 56,000,000 can be tested',
        hint: 'raise it with a smaller --D, a longer --T or more instances',
      },
    ]);
  });

  test('slim odds of the whole space are told as such: no time would help', () => {
    expect(planWarnings(config({ D: '8', limit: '1000' }), local, script, 2)).toEqual([
      {
        message:
          'the probability of a golden nonce in the whole nonce space is about 1 in 4,294,968: one nonce in 4,294,967,296 is golden, and 1,000 can be tested',
        hint: 'raise it with a smaller --D or a higher --limit',
      },
    ]);
  });

  test('a space that probably has no golden nonce is told, whatever the time', () => {
    const fast = { ...script, rate: 1e9 };
    expect(planWarnings(config({ D: '9' }), local, fast, 2)).toEqual([
      {
        message:
          'the probability of a golden nonce in the whole nonce space is 6.06 %: one nonce in 68,719,476,736 is golden, and 4,294,967,296 can be tested',
        hint: 'raise it with a smaller --D or a higher --limit',
      },
    ]);
    expect(planWarnings(config({ D: '8' }), local, fast, 2)).toEqual([]);
  });

  test('what is left of a space is told as that, and only where there is hardly a chance', () => {
    const fast = { ...script, rate: 1e9 };
    const left = (nonces: bigint) => messages(config({ D: '8' }), local, fast, 2, 2n ** 32n - nonces);
    expect(left(2n ** 31n)).toEqual([]);
    expect(left(2n ** 24n)).toEqual([
      expect.stringMatching(/^the probability of a golden nonce in what is left of the nonce space is about/),
    ]);
  });

  test('a long text that follows the nonce lowers the odds', () => {
    const flags = { D: '7', T: '30', block: 'a'.repeat(4096) };
    expect(messages(config({ D: '7', T: '30' }), local, script, 2)).toEqual([]);
    // 67 compressions in place of 3.
    expect(messages(config(flags), local, script, 2)).toEqual([
      expect.stringMatching(/within T, at about 0\.0448 MH\/s, is about 1 in 231/),
    ]);
    expect(messages(config(flags), local, { ...script, isMissing: true }, 2)).toEqual([
      expect.stringMatching(/at about 0\.190 MH\/s/),
    ]);
  });

  test.each([
    [{}, 'all its nonces will be tested: nothing but another --header can raise it'],
    [{ from: '7' }, 'raise it with a lower --from'],
    [{ limit: '1000' }, 'raise it with a higher --limit'],
  ])('hints for a header name no flag that it does not have: %j', (more, hint) => {
    const header = `${'00'.repeat(72)}01000003${'00'.repeat(4)}`;
    const flags = { N: '4', T: '60', scheme: 'bitcoin', header, ...more };
    const bitcoin = resolveConfig({ flags, env: {}, file: undefined });
    const fast = { ...script, rate: 1e9 };
    expect(planWarnings(bitcoin, local, fast, 2)).toEqual([
      { message: expect.stringMatching(/^the probability of a golden nonce in the whole nonce space/), hint },
    ]);
  });

  test('odds that no double can tell from none are still told in digits', () => {
    expect(messages(config({ D: '64' }), local, script, 2)[0]).toMatch(
      /is about 1 in \d\.\d\de\+\d+: one nonce in 1\.16e\+77/,
    );
  });

  test('more instances than cores do not raise the odds', () => {
    const [few, many] = ['2', '1000'].map((N) => messages(config({ D: '10', N }), local, script, 2));
    expect(many).toEqual(few);
  });

  test('a kernel that costs much is told', () => {
    const warning = { message: 'pow.py searches instead', hint: 'build it' };
    expect(planWarnings(config(), local, { ...script, warning }, 2)).toEqual([warning]);
  });

  test('checkpoints that no other machine can see are told', () => {
    expect(planWarnings(config({ checkpoint: '30' }), local, script, 2)).toEqual([
      {
        message:
          'checkpoint is 30: without logs.bucket checkpoints stay on this machine, and no other can resume the run',
        hint: 'name a bucket as logs.bucket in cnd.config.json, or omit --checkpoint',
      },
    ]);
    const logs = { ...config().logs, bucket: 'our-logs' };
    expect(planWarnings({ ...config({ checkpoint: '30' }), logs }, local, script, 2)).toEqual([]);
  });

  test('T below the usual boot time is told, with a longer one to give', () => {
    const warnings = planWarnings(config({ T: '45' }), ec2, script, 2);
    expect(warnings[0]).toEqual({
      message: 'T of 45 s leaves no time to search: instances usually take 40 s to boot',
      hint: 'give a longer --T, say 110',
    });
    expect(planWarnings(config({ T: '110' }), ec2, script, 2)).toEqual([]);
    for (const { message } of warnings) expect(message).not.toMatch(/Infinity|NaN|\be\+/);
  });
});
