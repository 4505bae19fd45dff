import { expect, test } from 'vitest';
import { Absence } from '../../../../src/engine/agents/loss/absence.ts';
import { CndError } from '../../../../src/error.ts';
import { ManualClock } from '../../../helper/manual-clock.ts';

const cut = new CndError('session-lost', 'cut');

test('lasts for as long as is allowed at its beginning, and is told once then', () => {
  const over: [string, number][] = [];
  let allowed = 10;
  const clock = new ManualClock();
  const absence = new Absence(
    clock,
    () => allowed,
    ({ message }, seconds) => over.push([message, seconds]),
  );
  expect(absence.begin(cut)).toBe(true);
  allowed = 1;
  clock.advance(9);
  // It is away already: nothing begins again.
  expect(absence.begin(new CndError('session-lost', 'again'))).toBe(false);
  expect(over).toEqual([]);
  clock.advance(60);
  clock.advance(60);
  expect(over).toEqual([['cut', 10]]);
  expect(clock.listeners).toBe(0);
});

test('ends when it is back: how long it took is told, and it is not over any more', () => {
  const over: unknown[] = [];
  const clock = new ManualClock();
  const absence = new Absence(
    clock,
    () => 10,
    (cause) => over.push(cause),
  );
  expect(absence.end()).toBe(0);
  absence.begin(cut);
  clock.advance(4);
  expect(absence.end()).toBe(4);
  clock.advance(60);
  expect(over).toEqual([]);
  expect(absence.begin(cut)).toBe(true);
});

test('a suspended machine wakes to the truth: it has been over all the time', () => {
  const over: unknown[] = [];
  const clock = new ManualClock();
  const absence = new Absence(
    clock,
    () => 120,
    (cause) => over.push(cause),
  );
  absence.begin(cut);
  clock.suspend(3600);
  clock.stepWall(-10);
  clock.advance(0.5);
  expect(over).toEqual([cut]);
});
