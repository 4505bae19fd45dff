import { expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';
import { fleetKinds } from '../../src/fleet/registry.ts';
import { settingNames } from '../../src/config/setting.ts';
import { settingsSchema } from '../../src/config/schema.ts';

test('a slip of the finger is recognised, whatever its case; something else is not', () => {
  const valid = ['instances', 'time-limit', 'maxN'];
  expect(nearest('instence', valid)).toBe('instances');
  expect(nearest('TIME_LIMIT', valid)).toBe('time-limit');
  expect(nearest('MAXN', valid)).toBe('maxN');
  expect(nearest('turbo', valid)).toBeUndefined();
  expect(nearest('turbo', [])).toBeUndefined();
  // Of these nothing is in the name.
  expect(nearest('', ['ps', 'scram'])).toBeUndefined();
  expect(nearest('é', ['ps', 'scram'])).toBeUndefined();
  expect(nearest('sp', ['ps', 'scram'])).toBeUndefined();
  expect(nearest('p', ['ps', 'scram'])).toBe('ps');
});

test('every flag and variable sets a key that the schema judges', () => {
  const keys = Object.keys(settingsSchema(fleetKinds).shape);
  for (const { key } of settingNames(fleetKinds)) expect(keys).toContain(key.split('.')[0]);
  const names = settingNames(fleetKinds)
    .flatMap(({ flag, alias, variable }) => [flag, alias, variable])
    .filter(Boolean);
  expect(new Set(names).size).toBe(names.length);
});
