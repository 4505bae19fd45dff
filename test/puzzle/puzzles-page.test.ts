import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { verify } from '../../src/puzzle/verification.ts';

const page = readFileSync(new URL('../../docs/puzzles.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^\$ cnd start (.*)\nnonce (\d+)$/gm)].map(
  ([, flags = '', nonce = '']): [string, string] => [flags, nonce],
);

/** The flags of a command line, quoted in single quotes where they are quoted. */
function flagsOf(line: string): Record<string, string> {
  const found = line.matchAll(/--(\S+) (?:'([^']*)'|(?!--)(\S+))/g);
  return Object.fromEntries([...found].map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain]));
}

test('the page has five puzzles', () => expect(examples).toHaveLength(5));

test.each(examples)('%s is solved by %s, and by none below', (line, nonce) => {
  const { D, ...flags } = flagsOf(line);
  const puzzle = makePuzzle({ ...flags, ...(D !== undefined && { difficulty: Number(D) }) });
  let smallest = 0n;
  while (verify(puzzle, smallest) === undefined && smallest < 1_000_000n) smallest++;
  expect(`${smallest}`).toBe(nonce);
});
