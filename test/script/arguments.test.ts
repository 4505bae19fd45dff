import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from '../helper/stage/repository.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(script: string, ...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(repository, script), ...words], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const textOf = (script: string): string => readFileSync(join(repository, script), 'utf8');

const programs = ['bench', 'docs']
  .flatMap((folder) => readdirSync(join(repository, folder)).map((name) => `${folder}/${name}`))
  .filter((name) => name.endsWith('.mjs') && textOf(name).includes('readArguments(import.meta.url'));

test('every script that takes arguments reads them in the same way', () => {
  expect(programs.length).toBeGreaterThan(12);
  const scripts = ['bench', 'docs', 'script', 'test/chaos', 'test/helper/stage', 'test/helper/kubernetes']
    .flatMap((folder) => readdirSync(join(repository, folder)).map((name) => `${folder}/${name}`))
    .filter((name) => /\.(?:mjs|ts)$/.test(name));
  expect(scripts.filter((name) => textOf(name).includes('parseArgs'))).toEqual(['script/arguments.mjs']);
});

test.each(programs)('%s: an unknown flag is one line, and nothing is done', async (script) => {
  const { code, stdout, stderr } = await run(script, '--nonsense');
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: "Unknown option '--nonsense'; see --help\n",
  });
});

test.each(programs)('%s --help says how it is called', (script) => {
  const [head = ''] = textOf(script).split(/^(?!\/\/)/m);
  expect(head).toContain(`node ${script}`);
});

describe('the arguments of a script', () => {
  test('--help prints its head comment', async () => {
    const { code, stdout, stderr } = await run('bench/run.mjs', '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const words =
      /^How quickly runs on [^]*\n {2}node bench\/run\.mjs \[--N 8,32,256\] \[--runs 5\][^\n]*\n[^]*\n--base: .*\n$/;
    expect(stdout).toMatch(words);
  });

  test.each([
    [['--runs', '0'], '--runs is "0": must be a whole number, 1 or more'],
    [['--runs=two\nlines'], String.raw`--runs is "two\nlines": must be a whole number, 1 or more`],
    [['--runs'], "Option '--runs <value>' argument missing"],
    [['5'], "Unexpected argument '5'. This command does not take positional arguments"],
  ])('%j is refused', async (words, said) => {
    const { code, stderr } = await run('bench/run.mjs', ...words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `${said}; see --help\n` });
  });
});
