import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../src/config/config.ts';
import { resumedLayer } from '../../../src/config/resumed.ts';
import { fleetKinds } from '../../../src/fleet/registry.ts';
import { detachedPlanText, parseDetachedPlan } from '../../../src/run/detached/plan.ts';

const run = '20261120-081103-x7k2';
const startedAt = new Date('2026-11-20T08:11:03Z');

const configOf = (flags: object) =>
  resolveConfig({ flags: { N: '4', T: '60', fleet: 'kubernetes', ...flags }, env: {}, file: undefined });

test('another machine makes the same search of a plan, whatever it is configured for', () => {
  for (const flags of [
    { D: '7', block: 'a "b" é'.replace('é', "'") },
    { scheme: 'sha256d', unit: 'bits-lsb', D: '20', from: '1073741824', chunk: '1000' },
    { scheme: 'sha256', template: '{block}:{nonce:x}', prefix: 'c0ffee', limit: String(2n ** 64n - 1n) },
  ]) {
    const config = configOf(flags);
    const read = parseDetachedPlan(detachedPlanText(run, config, startedAt), run);
    const again = resolveConfig({
      flags: {},
      env: { CND_D: '1', CND_FLEET: 'local', CND_FROM: '7' },
      file: undefined,
      resumed: resumedLayer(read.settings, fleetKinds),
    });
    expect(read.startedAt).toEqual(startedAt);
    expect(again).toMatchObject({
      puzzle: config.puzzle,
      space: config.space,
      instances: 4,
      timeLimit: 60,
      fleet: 'kubernetes',
    });
  }
});

test('anything else is refused, and what is not known is left out', () => {
  const text = detachedPlanText(run, configOf({ D: '7' }), startedAt);
  const value = JSON.parse(text) as { config: { settings: object } };
  const more = { ...value, config: { ...value.config, command: 'rm -rf /', hosts: ['x'] } };
  expect(JSON.stringify(parseDetachedPlan(JSON.stringify(more), run))).not.toMatch(/rm -rf|hosts/);
  const refused = (content: string): void =>
    expect(() => parseDetachedPlan(content, run)).toThrow(/cannot be used/);
  refused(text.replace(run, '20261120-081103-aaaa'));
  refused(text.slice(0, -1));
  refused(JSON.stringify({ ...value, padding: 'x'.repeat(200_000) }));
  refused(JSON.stringify({ ...value, config: { ...value.config, from: -1 } }));
  fc.assert(
    fc.property(fc.string(), (content) => {
      refused(content);
    }),
  );
});
