import { expect, test } from 'vitest';
import { isGroup } from '../../../src/command/command.ts';
import { readyHelp } from '../../../src/command/help/ready.ts';
import { helpOf } from '../../../src/command/parser.ts';
import { commands } from '../../../src/command/registry/registry.ts';
import { fleetKinds } from '../../../src/fleet/registry.ts';
import { fleetSettings } from '../../../src/fleet/setting.ts';

const paths = commands.flatMap((entry) => [
  [entry.name],
  ...(isGroup(entry) ? entry.commands.map(({ name }) => [entry.name, name]) : []),
]);

test.each([[], ...paths])('the help of cnd %s %s is ready, as yargs renders it', async (...names) => {
  const path = names.filter((name) => typeof name === 'string');
  const rendered = await helpOf(path);
  expect(rendered).toMatch(new RegExp(`^cnd ${path.join(' ')}`));
  expect(readyHelp([...path, '--help'], undefined)).toBe(rendered);
  expect(readyHelp([...path, '-h'], 100)).toBe(rendered);
});

test.each([[['start']], [['start', '--help', '--N']], [['strat', '--help']], [['--N', '4', '-h']], [[]]])(
  '%j is for the parser',
  (words) => expect(readyHelp(words, 200)).toBeUndefined(),
);

test('so is help for a narrow terminal', () => {
  expect(readyHelp(['--help'], 99)).toBeUndefined();
  expect(readyHelp(['--help'], 100)).toBeDefined();
});

test('the command line knows the kinds of fleets that there are, and their settings', () => {
  const names = fleetKinds.map(({ name, settings }) => ({ name, settings }));
  expect(fleetSettings).toEqual(names);
});
