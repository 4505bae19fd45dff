import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Absence } from '../../../src/engine/agents/absence.ts';
import { CndError } from '../../../src/error.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const cut = new CndError('session-lost', 'cut');

test('lasts for as long as is allowed at its beginning, and is told once then', () => {
  const over: [string, number][] = [];
  let allowed = 10;
  const absence = new Absence(
    () => allowed,
    ({ message }, seconds) => over.push([message, seconds]),
  );
  expect(absence.begin(cut)).toBe(true);
  allowed = 1;
  vi.advanceTimersByTime(9000);
  // It is away already: nothing begins again.
  expect(absence.begin(new CndError('session-lost', 'again'))).toBe(false);
  expect(over).toEqual([]);
  vi.advanceTimersByTime(60_000);
  expect(over).toEqual([['cut', 10]]);
});

test('ends when it is back: how long it took is told, and it is not over any more', () => {
  const over: unknown[] = [];
  const absence = new Absence(
    () => 10,
    (cause) => over.push(cause),
  );
  expect(absence.end()).toBe(0);
  absence.begin(cut);
  vi.advanceTimersByTime(4000);
  expect(absence.end()).toBe(4);
  vi.advanceTimersByTime(60_000);
  expect(over).toEqual([]);
  expect(absence.begin(cut)).toBe(true);
});
