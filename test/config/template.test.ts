import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { validateFile, resolveConfig } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/file.ts';
import { fleetKinds } from '../../src/fleet/registry.ts';
import { settingsSchema } from '../../src/config/schema.ts';
import { configTemplate } from '../../src/config/template.ts';

const template = configTemplate('./cnd.schema.json');
const directory = process.cwd();
const fileOf = (text: string) => ({
  path: 'cnd.config.json',
  directory,
  content: parseConfig('cnd.config.json', text),
});
const flags = { N: '4', T: '60', D: '6' };

test('with it everything is as without it', () => {
  expect(resolveConfig({ flags, env: {}, file: fileOf(template) })).toEqual(
    resolveConfig({ flags, env: {}, file: undefined }),
  );
});

test('every setting is in it', () => {
  for (const key of Object.keys(settingsSchema(fleetKinds).shape)) expect(template).toContain(`"${key}":`);
});

const disabled = template.split('\n').filter((line) => /^ *\/\/ "/.test(line));

test.each(disabled)('%s can be enabled', (line) => {
  const enabled = template.replace(line, line.replace('// ', ''));
  expect(() => validateFile(fileOf(enabled))).not.toThrow();
  const key = /"([^"]+)"/.exec(line)?.[1] ?? '';
  expect(enabled).not.toBe(template);
  expect(JSON.stringify(fileOf(enabled).content)).toContain(`"${key}":`);
});

test('every setting is explained', () => {
  const lines = template.split('\n');
  const unexplained = lines.filter(
    (line, index) => /^ *(\/\/ )?"[^"]+": [^{]/.test(line) && !/^ *\/\/ [^"]/.test(lines[index - 1] ?? ''),
  );
  expect(unexplained).toEqual([]);
});

test('the one of this repository is a good one', () => {
  const text = readFileSync(new URL('../../cnd.config.json', import.meta.url), 'utf8');
  expect(() => validateFile(fileOf(text))).not.toThrow();
});
