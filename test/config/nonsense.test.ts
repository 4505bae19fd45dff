import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/file.ts';
import { type JsonSchema, configJsonSchema } from '../../src/config/json-schema.ts';
import { settingNames } from '../../src/config/setting.ts';
import { configTemplate } from '../../src/config/template.ts';
import { UsageError } from '../../src/error.ts';
import { fleetKinds } from '../../src/fleet/registry.ts';
import { jsonNonsense, nonsense } from '../helper/nonsense.ts';

const good = { N: '2', T: '60' };
const path = 'cnd.config.json';

/** What is said of settings that cannot be; undefined when they are taken. Anything but a UsageError is thrown. */
function refusal(attempt: () => unknown): UsageError | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

/** What is wrong with how a bad setting is refused; undefined when nothing is. */
function fault(attempt: () => unknown, name: string, what: string): string | undefined {
  const error = refusal(attempt);
  if (!error || (error.message.includes(name) && error.hint && error.message.length < 500)) return undefined;
  return `${what}: ${error.message.slice(0, 200)} (${error.hint})`;
}

/** A goal beside which a setting can be given, and the fleet that it belongs to. */
function around(key: string): Record<string, string> {
  const [group = ''] = key.split('.');
  const fleet = fleetKinds.some(({ name }) => name === group) && key !== 'hosts' ? { fleet: group } : {};
  const list: Record<string, string> = group === 'hosts' && key !== 'hosts' ? { hosts: 'a,b' } : {};
  const isGoal = ['D', 'prefix', 'suffix', 'digest'].includes(key);
  if (key === 'hosts') return { D: '2', N: '1' };
  if (key === 'header') return { scheme: 'bitcoin', ...fleet };
  return { ...fleet, ...list, ...(!isGoal && { D: '2' }) };
}

const names = settingNames(fleetKinds).filter(({ boolean }) => !boolean);

test.each(names)('--$flag: nonsense is taken, or refused by its name with a remedy', ({ key, flag }) => {
  const faults = nonsense.flatMap((value) => {
    const flags = { ...good, ...around(key), [flag]: value };
    return (
      fault(() => resolveConfig({ flags, env: {}, file: undefined }), `--${flag}`, JSON.stringify(value)) ??
      []
    );
  });
  expect(faults).toEqual([]);
});

const variables = settingNames(fleetKinds).filter(({ variable }) => variable !== undefined);

test.each(variables)(
  '$variable: nonsense is taken, or refused by its name',
  ({ key, flag, variable = '' }) => {
    const { [flag]: _, ...flags }: Record<string, string> = { ...good, ...around(key) };
    const faults = nonsense.flatMap((value) => {
      const env = { [variable]: value };
      return (
        fault(() => resolveConfig({ flags, env, file: undefined }), variable, JSON.stringify(value)) ?? []
      );
    });
    expect(faults).toEqual([]);
  },
);

describe('the file', () => {
  /** Every setting of the schema by its path, groups too. */
  function paths(schema: JsonSchema, above: readonly string[] = []): string[][] {
    return Object.entries(schema.properties ?? {}).flatMap(([key, member]) => [
      [...above, key],
      ...paths(member, [...above, key]),
    ]);
  }

  const all = paths(configJsonSchema()).map((keys) => keys.join('.'));

  test('has more settings than there are flags', () => expect(all.length).toBeGreaterThan(names.length));

  test.each(all)('%s: nonsense is taken, or refused by its place', (name) => {
    const keys = name.split('.');
    const faults = jsonNonsense.flatMap((value) => {
      const content = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      const attempt = (): unknown => {
        const file = { path, directory: '/srv', content: parseConfig(path, JSON.stringify(content)) };
        const { [keys[0] ?? '']: _, ...flags }: Record<string, string> = {
          ...good,
          ...around(keys[0] ?? ''),
        };
        return resolveConfig({ flags, env: {}, file });
      };
      return fault(attempt, keys[0] ?? '', JSON.stringify(value).slice(0, 60)) ?? [];
    });
    expect(faults).toEqual([]);
  });

  test('broken anywhere, it is taken or refused with its name', () => {
    const text = configTemplate('./cnd.schema.json');
    const position = fc.integer({ min: 0, max: text.length - 1 });
    const piece = fc.constantFrom(
      '',
      '"',
      '{',
      '}',
      '[',
      ',',
      ':',
      '\\',
      '/*',
      '\u0000',
      '\uFEFF',
      '1e999',
      '\n',
    );
    fc.assert(
      fc.property(position, position, piece, (at, length, inserted) => {
        const broken = text.slice(0, at) + inserted + text.slice(at + (length % 20));
        const said = fault(
          () => {
            const file = { path, directory: '/srv', content: parseConfig(path, broken) };
            return resolveConfig({ flags: { ...good, D: '2' }, env: {}, file });
          },
          path,
          `${inserted} at ${at}`,
        );
        expect(said).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
