import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Workspace, workspace } from '../helper/cnd.ts';
import { hasShell, runShell } from '../helper/shell.ts';

const runs = ['20261120-081103-x7k2', '20261119-235959-zzzz'];
let place: Workspace;
beforeEach(() => {
  place = workspace();
  for (const run of runs) mkdirSync(join(place.directory, 'logs', run), { recursive: true });
  writeFileSync(join(place.directory, 'my config.json'), '{}');
});
afterEach(() => place.remove());

/** A command line up to the cursor, and what every shell must offer there. */
const expected: readonly (readonly [string, readonly string[]])[] = [
  ['cnd st', ['start']],
  ['cnd logs s', ['show']],
  ['cnd start --fleet ', ['ec2', 'hosts', 'kubernetes', 'local']],
  ['cnd start --scheme h', ['hex-chain']],
  ['cnd start --smal', ['--smallest']],
  ['cnd logs show ', ['20261119-235959-zzzz', '20261120-081103-x7k2', 'last']],
  ['cnd logs show 20261120', ['20261120-081103-x7k2']],
  ['cnd completion ', ['bash', 'fish', 'zsh']],
];

describe('cnd __complete', () => {
  const complete = async (...words: string[]) => place.run(['__complete', ...words]);

  test('says what each candidate means', async () => {
    expect((await complete('sc')).stdout).toMatch(/^scram\temergency shutdown/);
  });

  test('takes the run ids from the archive that the configuration names', async () => {
    const configuration = '{ "logs": { "directory": "elsewhere" } }';
    writeFileSync(join(place.directory, 'other.json'), configuration);
    mkdirSync(join(place.directory, 'elsewhere', '20270101-000000-aaaa'), { recursive: true });
    for (const flag of [
      ['--config', 'other.json'],
      ['--config=other.json'],
      ['--config', '=', 'other.json'],
    ]) {
      const { stdout } = await complete('logs', 'show', ...flag, '20');
      expect(stdout).toBe('20270101-000000-aaaa\n');
    }
  });

  test('never fails, whatever it is asked', async () => {
    writeFileSync(join(place.directory, 'cnd.config.json'), '{ broken');
    for (const words of [
      [],
      ['logs', 'show', ''],
      ['nothing', ''],
      ['--', '--', '='],
      ['start', '--fleet', '='],
    ])
      expect(await complete(...words)).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    // The settings say where the archive is, and are in the first chunk of a start.
    [['__complete', 'logs', 'show', ''], 'last', /node_modules\/|\/(?:parser|ec2|run)\.cjs$/],
    // The chunk of zod is named after its schemas.
    [
      ['__complete', 'start', '--fleet', ''],
      'local',
      /node_modules\/|\/(?:parser|schemas|local|ec2|start)\.cjs$/,
    ],
    [['--help'], 'cnd start', /node_modules\/|\/(?:query|parser|schemas|local|ec2|start)\.cjs$/],
    [['logs', 'show', '-h'], 'cnd logs show', /node_modules\/|\/(?:query|parser|schemas)\.cjs$/],
  ])('%j loads what it needs', async (words, shown, needless) => {
    const coverage = join(place.directory, 'coverage');
    const { stdout } = await place.run(words, { NODE_V8_COVERAGE: coverage });
    expect(stdout).toContain(shown);
    const text = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), 'utf8'));
    const loaded = [...text.join('').matchAll(/"url":"(file:[^"]+)"/g)].map(([, url]) => url ?? '');
    expect(loaded).toContainEqual(expect.stringMatching(/dist\/cli\.cjs$/));
    expect(loaded.filter((url) => needless.test(url))).toEqual([]);
  });
});

test('a shell that there is no script for is refused, with those that there are', async () => {
  const { code, stderr } = await place.run(['completion', 'bsh']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/'bsh' must be one of bash, zsh, fish\n.*cnd completion bash/);
});

describe.skipIf(!hasShell('bash'))('bash', () => {
  const offered = (words: readonly string[], after = ''): string[] => {
    const script = `
      eval "$(cnd completion bash)"
      ${after}
      complete -p cnd | grep -q -- '-F _cnd' || exit 9
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
      _cnd
      [ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(runShell(place, ['bash', '--norc', '-c', script, 'bash', ...words]));
  };

  test.each(expected)('%s', (line, values) => expect(offered(line.split(' ')).toSorted()).toEqual(values));

  test('it works through npx, by a shell function', () => {
    const checkout = join(import.meta.dirname, '../..');
    const after = `cnd() { (cd '${checkout}' && npx --no -- cnd "$@"); }`;
    expect(offered(['cnd', 'start', '--scheme', 'h'], after)).toEqual(['hex-chain']);
  });

  test('--flag=value is three words to it', () => {
    expect(offered(['cnd', 'start', '--fleet', '=', 'lo'])).toEqual(['local']);
    expect(offered(['cnd', 'start', '--fleet', '='])).toEqual(['local', 'hosts', 'ec2', 'kubernetes']);
  });

  test('files are its own business', () => {
    expect(offered(['cnd', 'start', '--config', 'my'])).toEqual(['my config.json']);
    expect(offered(['cnd', 'logs', 'pull', 'last', 'lo'])).toEqual(['logs']);
  });
});

describe.skipIf(!hasShell('fish'))('fish', () => {
  const offered = (line: string): string[] =>
    lines(
      runShell(place, ['fish', '--no-config', '-c', `cnd completion fish | source; complete -C '${line}'`]),
    );
  const values = (line: string): string[] => offered(line).map((candidate) => candidate.split('\t')[0] ?? '');

  test.each(expected)('%s', (line, wanted) => expect(values(line).toSorted()).toEqual(wanted));

  test('--flag=value, meanings and files', () => {
    expect(values('cnd start --fleet=lo')).toEqual(['--fleet=local']);
    expect(offered('cnd scr')).toEqual([expect.stringMatching(/^scram\temergency shutdown/)]);
    expect(values('cnd start --config oth')).toEqual([]);
    expect(values('cnd logs pull last lo')).toEqual(['logs/']);
  });
});

describe.skipIf(!hasShell('zsh'))('zsh', () => {
  /** What zsh makes of a line when TAB is pressed in it, in a terminal of its own; `wanted` is a pattern of zsh. */
  const typed = (line: string, wanted: string): string => {
    const script = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell 'PS1="> "; autoload -Uz compinit && compinit -u -D; eval "$(cnd completion zsh)"; echo REA""DY'
      zpty -r shell out '*READY*' || exit 9
      zpty -w -n shell "$1"$'\\t'
      zpty -r shell out "$2" || exit 8
      print -r -- "$out"
      zpty -d shell`;
    return runShell(place, ['zsh', '-f', '-c', script, 'zsh', line, wanted], { TERM: 'dumb' });
  };

  test.each(expected.filter(([, values]) => values.length === 1))('%s', (line, [value = '']) => {
    expect(typed(line, `*${value} *`)).toContain(value);
  });

  test('several are listed with what they mean', () => {
    const listed = typed('cnd s', '*emergency shutdown*start*launch a fleet*');
    expect(listed).toMatch(/scram +emergency shutdown/);
  });

  test('--flag=value and files', () => {
    expect(typed('cnd start --fleet=lo', '*--fleet=local *')).toContain('--fleet=local');
    expect(typed('cnd start --config my', '*config.json *')).toContain('my\\ config.json');
  });
});

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
