import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isGroup } from '../../src/command/command.ts';
import { commands } from '../../src/command/registry/registry.ts';
import { settingNames } from '../../src/config/setting.ts';
import { fleetKinds } from '../../src/fleet/registry.ts';

const root = join(import.meta.dirname, '../..');
const textOf = (name: string): string => readFileSync(join(root, name), 'utf8');
const pages = readdirSync(join(root, 'docs')).flatMap((name) =>
  name.endsWith('.md') ? [`docs/${name}`] : [],
);
const everything = ['README.md', ...pages].map(textOf).join('\n');

test('docs/configuration.md has every setting that has a flag, and its variable', () => {
  const page = textOf('docs/configuration.md');
  for (const { flag, variable } of settingNames(fleetKinds)) {
    expect.soft(page).toContain(`\`--${flag}\``);
    // The variables of a row that ends in … are named after their flags.
    if (variable !== undefined && variable !== `CND_${flag.toUpperCase()}`)
      expect.soft(page).toContain(`\`${variable}\``);
  }
});

test('every command is in the README or in docs/', () => {
  const names = commands.flatMap((entry) =>
    isGroup(entry) ? entry.commands.map(({ name }) => `${entry.name} ${name}`) : [entry.name],
  );
  for (const name of names) expect.soft(everything).toMatch(new RegExp(`\\bcnd ${name}\\b`));
});

test('every flag of every command is in the README or in docs/', () => {
  const flags = commands.flatMap((entry) =>
    (isGroup(entry) ? entry.commands : [entry]).flatMap(({ flags }) => flags),
  );
  const names = new Set(
    flags.map(({ name, alias }) => (alias?.length === 1 ? `-{1,2}(?:${name}|${alias})` : `--${name}`)),
  );
  for (const name of names) expect.soft(everything).toMatch(new RegExp(`${name}\\b`));
});
