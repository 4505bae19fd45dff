import { expect, test } from 'vitest';
import { lineTime, zoneOffset } from '../../../src/view/log/time.ts';

const near = Date.parse('2026-11-20T08:11:03Z');
const iso = (line: string, start = near): string | undefined => {
  const time = lineTime(line, start);
  return time && new Date(time.ms).toISOString();
};

test.each([
  ['Nov 20 08:11:03 host prog: x', '2026-11-20T08:11:03.000Z', false],
  ['Nov  2 08:11:03 host prog: x', '2026-11-02T08:11:03.000Z', false],
  ['<30>Nov 20 08:11:03 host prog: x', '2026-11-20T08:11:03.000Z', false],
  ['2026-11-20T08:11:03.123456+00:00 host prog: x', '2026-11-20T08:11:03.123Z', true],
  ['2026-11-20T09:11:03+0100 host prog: x', '2026-11-20T08:11:03.000Z', true],
  ['<30>1 2026-11-20T08:11:03Z host prog - - - x', '2026-11-20T08:11:03.000Z', true],
])('%s', (line, expected, zoned) => {
  expect(iso(line)).toBe(expected);
  expect(lineTime(line, near)?.zoned).toBe(zoned);
});

test.each([
  '',
  '  at continued (x.js:1)',
  'Foo 20 08:11:03 x',
  'hello Nov 20 08:11:03 x',
  '2026-99-20T08:11:03Z',
])('%j has no time', (line) => expect(lineTime(line, near)).toBeUndefined());

test('the year is the one nearest to the run, on both sides of New Year', () => {
  const silvester = Date.parse('2026-12-31T23:59:58Z');
  expect(iso('Dec 31 23:59:59 h p: x', silvester)).toBe('2026-12-31T23:59:59.000Z');
  expect(iso('Jan  1 00:00:01 h p: x', silvester)).toBe('2027-01-01T00:00:01.000Z');
  const newYear = Date.parse('2027-01-01T02:00:00Z');
  expect(iso('Dec 31 21:00:00 h p: x', newYear)).toBe('2026-12-31T21:00:00.000Z');
});

test.each([
  [0, 0],
  [30, 0],
  [-90, 0],
  [600, 0],
  [3600 + 30, 3600],
  [-5 * 3600 + 20, -5 * 3600],
  [5.75 * 3600 + 20, 5.75 * 3600],
  [40 * 3600, 0],
])('local time that is %i s ahead of the start is a zone of %i s', (ahead, zone) => {
  expect(zoneOffset(near + ahead * 1000, near)).toBe(zone * 1000);
});
