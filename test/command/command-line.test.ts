import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../src/command/command-line.ts';
import type { Command } from '../../src/command/command.ts';
import { commands } from '../../src/command/registry/registry.ts';
import { UsageError } from '../../src/error.ts';

const line = (text: string) => readCommandLine(text.split(' ').filter(Boolean), commands);
const read = (words: readonly string[]) => readCommandLine(words, commands);

describe('what is refused', () => {
  test.each([
    ['strat', 'strat is not a command of cnd', 'did you mean start? see cnd --help'],
    ['logs shw', 'shw is not a command of cnd', 'did you mean show? see cnd logs --help'],
    ['logs show a b c', 'c is not an argument of cnd', 'see cnd logs show --help'],
    ['start 5', '5 is not an argument of cnd', 'see cnd start --help'],
    ['logs ls --jsn', '--jsn is not a flag of cnd', 'did you mean --json? see cnd logs ls --help'],
    ['logs --jsn', '--jsn is not a flag of cnd', 'did you mean --json? see cnd logs --help'],
    ['logs rm -x', '-x is not a flag of cnd', 'see cnd logs rm --help'],
    [
      'start --instnces=3',
      '--instnces is not a flag of cnd',
      'did you mean --instances? see cnd start --help',
    ],
    ['--bogus', '--bogus is not a flag of cnd', 'see cnd --help'],
    ['logs pull', 'an argument is missing: cnd logs pull RUN', 'for example: cnd logs pull last /tmp/run'],
    ['', 'a command is missing', 'see cnd --help'],
    ['start --N 2 --N 9', '--N is given twice: 2 and 9', 'give it once'],
    ['start -N 2 --instances=9', '--N is given twice: 2 and 9', 'give it once'],
    ['start --smallest=maybe', "--smallest is 'maybe': it takes no value", 'say --smallest, or omit it'],
    ['start --block --N 4', '--block is given without a value: --N follows it', '--block=--N'],
    ['start --block --json', '--block is given without a value: --json follows it', '--block=--json'],
    ['start --N --block=x', '--N is given without a value: --block=x follows it', '--N VALUE'],
    ['start --json --block', '--block is given without a value', 'say --block VALUE'],
    ['start --json --block -- x', '--block is given without a value', 'say --block VALUE'],
  ])('cnd %s', (text, message, hint) => {
    const refused = expect.objectContaining({ message, exitCode: 2, hint: expect.stringContaining(hint) });
    expect(() => line(text)).toThrow(refused);
  });
});

describe('what is understood', () => {
  test.each<[readonly string[], string, Record<string, unknown>]>([
    [['start', '--N', '4', '-T', '60', '--json'], 'start', { N: '4', T: '60', json: true }],
    [['--json', '--N', '4', 'start'], 'start', { N: '4', json: true }],
    [['start', '-N4', '--difficulty=6', '--smallest=false'], 'start', { N: '4', D: '6', smallest: false }],
    [['start', '--yes', '--yes'], 'start', { yes: true }],
    [['start', '--block', '-x'], 'start', { block: '-x' }],
    [['start', '--block', '--x', '-N', '-1'], 'start', { block: '--x', N: '-1' }],
    [['start', '--block=--json', '--template', '-'], 'start', { block: '--json', template: '-' }],
    [['start', '--block', '', '--N', ''], 'start', { block: '', N: '' }],
    [['start', '--no-ssh-config'], 'start', { 'no-ssh-config': true }],
    [['logs'], 'ls', {}],
    [['logs', '--since', '-1d'], 'ls', { since: '-1d' }],
    [['logs', '--fleet', 'show', 'ls'], 'ls', { fleet: 'show' }],
    [['logs', 'grep', '-i', 'help', 'last'], 'grep', { 'ignore-case': true, pattern: 'help', run: 'last' }],
    [['logs', 'grep', '--', '--json', '-i'], 'grep', { pattern: '--json', run: '-i' }],
    [['logs', 'rm', 'a', '-y', 'b'], 'rm', { run: ['a', 'b'], yes: true }],
    [['logs', 'rm', '--older-than', '30d'], 'rm', { 'older-than': '30d' }],
    [['verify', '-5', '--D', '2'], 'verify', { nonce: '-5', D: '2' }],
  ])('%j', (words, name, given) =>
    expect(read(words)).toEqual({ kind: 'run', command: expect.objectContaining({ name }), given }),
  );

  test.each([
    ['--help', []],
    ['help', []],
    ['strat --help', []],
    ['help start', ['start']],
    ['start --block --help', ['start']],
    ['start --bogus -h', ['start']],
    ['logs -h', ['logs']],
    ['logs show --help', ['logs', 'show']],
  ])('help of cnd %s', (text, path) => {
    expect(line(text)).toMatchObject({ kind: 'help', place: { path } });
  });

  test.each(['--version', 'start --version', 'start --bogus --version', 'logs --version'])(
    'the version of cnd %s',
    (text) => expect(line(text)).toEqual({ kind: 'version' }),
  );
});

test('every word is taken by one flag or argument, or refused', () => {
  const command: Command = {
    name: 'go',
    describe: '',
    positionals: [{ name: 'rest', describe: '', optional: true, many: true }],
    flags: [
      { name: 'N', alias: 'instances', describe: '' },
      { name: 'block', describe: '' },
      { name: 'json', boolean: true, describe: '' },
    ],
    examples: [],
    load: async () => async () => 0,
  };
  const word = fc.oneof(fc.constantFrom('--N', '-N', '--block', '--json', '--', '-x', '4', ''), fc.string());
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        const request = readCommandLine(['go', ...words], [command]);
        if (request.kind !== 'run') return;
        const { N, block, json, rest = [] } = request.given;
        const valued = [N, block].filter((value) => value !== undefined).map(String);
        const taken = [...valued, ...(Array.isArray(rest) ? rest.map(String) : [])];
        for (const value of taken) expect(words.some((one) => one.endsWith(value))).toBe(true);
        const named = words.filter((one) => one === '--json').length - (json === true ? 1 : 0);
        expect(taken.length).toBeLessThanOrEqual(words.length);
        if (!words.includes('--')) expect(json === true || named === 0).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});
