import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { LineQuestion } from '../../src/view/line-question.ts';
import { Output } from '../../src/view/output.ts';

function asked(typed: string): { answers: boolean[]; said: string } {
  const stderr = new PassThrough();
  const answers: boolean[] = [];
  const question = new LineQuestion(new Output(stderr), {
    quit: () => {},
    answer: (yes) => answers.push(yes),
  });
  question.key('y');
  question.ask('Launch?');
  for (const key of typed) question.key(key);
  return { answers, said: String(stderr.read()) };
}

test.each([
  ['y\n', true],
  ['Yes\n', true],
  ['  y\n', true],
  ['n\n', false],
  ['no, yes\n', false],
  ['\n', false],
  ['\u0004', false],
])('%j is answered by %s, once; what was typed before is none', (typed, yes) => {
  const { answers, said } = asked(typed);
  expect(answers).toEqual([yes]);
  expect(said).toMatch(/^Launch\? \[y\/N\] \n?$/);
});

test('a question that is withdrawn is answered no more', () => {
  const stderr = new PassThrough();
  const question = new LineQuestion(new Output(stderr), { quit: () => {}, answer: () => expect.fail() });
  question.ask('Launch?');
  question.ask(undefined);
  question.key('y');
  question.ask(undefined);
  expect(String(stderr.read())).toBe('Launch? [y/N] \n');
});
