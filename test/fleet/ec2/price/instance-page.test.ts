import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { schemes } from '../../../../src/puzzle/puzzle.ts';

const root = join(import.meta.dirname, '../../../..');

test('docs/instances.md has the figures of the table that cnd plan uses', () => {
  const { stderr, status } = spawnSync('node', ['bench/instances.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
});

test('docs/instances.md has a column of every scheme, of rates and of cycles', () => {
  const lines = readFileSync(join(root, 'docs/instances.md'), 'utf8').split('\n');
  const columns = (first: string) =>
    lines
      .find((line) => line.startsWith(`| ${first} `))
      ?.split('|')
      .map((column) => column.trim());
  expect(columns('type')).toEqual(expect.arrayContaining(schemes.map((scheme) => `${scheme}, MH/s`)));
  expect(columns('processor')).toEqual(expect.arrayContaining([...schemes]));
});
