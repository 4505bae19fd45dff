import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindValues } from '../../src/command/dashed-value.ts';
import { UsageError } from '../../src/error.ts';

const flags = [
  { name: 'N', alias: 'instances', describe: '' },
  { name: 'block', describe: '' },
  { name: 'json', boolean: true, describe: '' },
] as const;

test.each([
  [['--block', '-x'], ['--block=-x']],
  [
    ['--block', '-1d', '--json'],
    ['--block=-1d', '--json'],
  ],
  [['--block', '--x'], ['--block=--x']],
  [['-N', '-1'], ['-N=-1']],
  [['--block', '-'], ['--block=-']],
  [
    ['--block', 'x', '--N', ''],
    ['--block', 'x', '--N', ''],
  ],
  [['--block=-x'], ['--block=-x']],
  [
    ['--json', '-x'],
    ['--json', '-x'],
  ],
  [
    ['--', '--block', '-x'],
    ['--', '--block', '-x'],
  ],
  [
    ['--block', '--help'],
    ['--block', '--help'],
  ],
])('%j are %j', (words, bound) => expect(bindValues(words, flags)).toEqual(bound));

test.each([
  [['--block', '--N', '4'], '--block is given without a value: --N follows it'],
  [['--block', '--json'], '--block is given without a value: --json follows it'],
  [['--N', '--block=x'], '--N is given without a value: --block=x follows it'],
  [['--N', '--', 'x'], '--N is given without a value: -- follows it'],
  [['--json', '--block'], '--block is given without a value'],
])('%j lack a value', (words, message) => {
  const refused = expect.objectContaining({ message, exitCode: 2, code: 'flag-value' });
  expect(() => bindValues(words, flags)).toThrow(refused);
});

test('no word is lost', () => {
  const word = fc.oneof(fc.constantFrom('--N', '-N', '--block', '--json', '--', '-x', '4', ''), fc.string());
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        expect(bindValues(words, flags).join(' ').length).toBe(words.join(' ').length);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});
