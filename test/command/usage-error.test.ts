import { expect, test } from 'vitest';
import { isGroup } from '../../src/command/command.ts';
import { commands } from '../../src/command/registry/registry.ts';
import { usageError } from '../../src/command/usage-error.ts';

const all = commands.flatMap((entry) => (isGroup(entry) ? entry.commands : [entry]));

test.each([
  ['strat', 'Unknown command: strat', 'strat is not a command of cnd', 'did you mean start? see cnd --help'],
  [
    'logs shw',
    'Unknown argument: shw',
    'shw is not a command of cnd',
    'did you mean show? see cnd logs --help',
  ],
  ['logs show a b c', 'Unknown argument: c', 'c is not an argument of cnd', 'see cnd logs show --help'],
  [
    'logs ls --jsn',
    'Unknown argument: jsn',
    '--jsn is not a flag of cnd',
    'did you mean --json? see cnd logs ls --help',
  ],
  ['logs rm -x', 'Unknown argument: x', '-x is not a flag of cnd', 'see cnd logs rm --help'],
  [
    'start --instnces=3',
    'Unknown argument: instnces',
    '--instnces is not a flag of cnd',
    'did you mean --instances? see cnd start --help',
  ],
  [
    'logs pull',
    'Not enough non-option arguments: got 0, need at least 1',
    'an argument is missing: cnd logs pull RUN',
    'for example: cnd logs pull last /tmp/run',
  ],
  ['', 'a command is missing', 'a command is missing', 'see cnd --help'],
  ['--', 'a command is missing', 'a command is missing', 'see cnd --help'],
  ['-v', 'a command is missing', '-v is not a flag of cnd', 'did you mean --version? see cnd --help'],
  ['--verison', 'a command is missing', '--verison is not a flag of cnd', 'did you mean --version?'],
  ['--bad=1', 'a command is missing', '--bad is not a flag of cnd', 'see cnd --help'],
  ['--N 8', 'a command is missing', 'a command is missing', 'for example: cnd start --N …; see cnd --help'],
  ['-N 8', 'a command is missing', 'a command is missing', 'for example: cnd start -N …; see cnd --help'],
  ['start -v', 'Unknown argument: v', '-v is not a flag of cnd', 'did you mean --verbose?'],
  ['start -n 3', 'Unknown argument: n', '-n is not a flag of cnd', 'did you mean --N?'],
])('cnd %s', (line, yargsMessage, message, hint) => {
  const error = usageError(line.split(' ').filter(Boolean), yargsMessage);
  expect(error).toMatchObject({ exitCode: 2, message });
  expect(error.hint).toContain(hint);
});

test('every command has an example, which begins with its name', () => {
  for (const { name, examples } of all) {
    expect([name, ...examples]).not.toEqual([name]);
    for (const [line] of examples) expect(line).toMatch(new RegExp(`cnd (logs )?${name}\\b`));
  }
});
