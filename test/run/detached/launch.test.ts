import { expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/config.ts';
import { UsageError } from '../../../src/error.ts';
import { requireVersion } from '../../../src/fleet/kubernetes/preflight/version.ts';
import { requireDetaching } from '../../../src/run/detached/launch.ts';
import { StandInFleet } from '../stand-in-fleet.ts';

const configOf = (flags: object) =>
  resolveConfig({ flags: { N: '4', T: '60', D: '7', ...flags }, env: {}, file: undefined });

/** What is refused, and what to do instead. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return `${error.message} (${error.hint ?? ''})`;
    throw error;
  }
  return '';
}

test('a fleet that needs a controller, and a setting that needs one, are refused with a reason', () => {
  const fleet = new StandInFleet('local', {});
  expect(refusal(() => requireDetaching(configOf({}), fleet))).toMatch(
    /not possible on the fleet .*\(omit --detach, or/,
  );
  const detaching = {
    reserve: 5,
    threads: 1,
    launch: async () => {},
    find: async () => [],
    claim: () => Promise.reject(new Error('not asked for')),
    async *follow() {},
  };
  const able = Object.assign(new StandInFleet('local', {}), { detaching });
  expect(requireDetaching(configOf({}), able)).toBe(detaching);
  for (const [name, value] of [
    ['smallest', true],
    ['audit', '0.1'],
    ['checkpoint', '60'],
  ] as const) {
    const words = refusal(() => requireDetaching(configOf({ [name]: value }), able));
    expect(words).toMatch(new RegExp(`^--${name} cannot be combined with --detach: `));
  }
  expect(refusal(() => requireDetaching(configOf({}), able, true))).toMatch(/^--web/);
});

test('Kubernetes 1.33 or later, without --detach 1.31', () => {
  const version = (minor: string) => ({ major: '1', minor, gitVersion: `v1.${minor}.0` });
  const words = (minor: string, detached: boolean) =>
    refusal(() => requireVersion(version(minor), 'https://cluster', detached));
  expect(['33', '36+'].map((minor) => words(minor, true))).toEqual(['', '']);
  expect(words('32', true)).toMatch(
    /v1\.32\.0, older than 1\.33, which --detach needs \(start the run without --detach/,
  );
  expect(['31', '32'].map((minor) => words(minor, false))).toEqual(['', '']);
  expect(words('30', false)).toMatch(/older than 1\.31 \(use/);
});
