import { expect, test } from 'vitest';
import { newRunId, runIdPattern, runStart } from '../src/run-id.ts';

test('a run id tells its start in UTC and sorts by time', () => {
  const earlier = newRunId(new Date('2026-11-20T08:11:03.999Z'));
  const later = newRunId(new Date('2026-11-20T10:00:00Z'));
  expect(earlier).toMatch(/^20261120-081103-[a-z0-9]{4}$/);
  expect(earlier).toMatch(runIdPattern);
  expect([later, earlier].toSorted()).toEqual([earlier, later]);
});

test('two runs started in the same second differ', () => {
  const now = new Date();
  const ids = new Set(Array.from({ length: 50 }, () => newRunId(now)));
  expect(ids.size).toBeGreaterThan(45);
});

test('an id tells its start again, what is none does not', () => {
  const now = new Date('2026-11-20T08:11:03Z');
  expect(runStart(newRunId(now))).toEqual(now);
  for (const none of [
    '',
    'x',
    '20261120-081103',
    '20261120-081103-X7K2',
    ' 20261120-081103-x7k2',
    '../../x',
  ]) {
    expect(runStart(none)).toBeUndefined();
  }
  expect(runStart('20261399-081103-x7k2')).toBeUndefined();
});
