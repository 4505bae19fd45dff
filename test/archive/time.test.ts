import { expect, test } from 'vitest';
import { parseAge, parseTime } from '../../src/archive/time.ts';

const now = new Date('2026-11-20T12:00:00Z');
const iso = (text: string, end = false): string | undefined => parseTime(text, now, end)?.toISOString();

test.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['30min', 1_800_000],
  ['2h', 7_200_000],
  ['1.5h', 5_400_000],
  ['3d', 259_200_000],
  ['1w', 604_800_000],
  ['0d', 0],
])('%s is a length of time', (text, ms) => expect(parseAge(text)).toBe(ms));

test.each(['', '5', 'd', '-3d', '3 d', '1e3s', '3y', '9999999d', '3D'])("'%s' is none", (text) =>
  expect(parseAge(text)).toBeUndefined(),
);

test.each([
  ['2h', '2026-11-20T10:00:00.000Z'],
  ['2026-11-20', '2026-11-20T00:00:00.000Z'],
  ['2026-11-20T08:11', '2026-11-20T08:11:00.000Z'],
  ['2026-11-20 08:11:03', '2026-11-20T08:11:03.000Z'],
  ['2026-11-20T08:11:03Z', '2026-11-20T08:11:03.000Z'],
  ['2026-11-20T08:11+02:00', '2026-11-20T06:11:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
])('%s is a moment, in UTC unless it says otherwise', (text, expected) => expect(iso(text)).toBe(expected));

test('until a date is until its end', () => {
  expect(iso('2026-11-20', true)).toBe('2026-11-20T23:59:59.999Z');
  expect(iso('2026-11-20T08:11', true)).toBe('2026-11-20T08:11:00.000Z');
});

test.each(['yesterday', '2026-02-30', '2026-13-01', '2026-11-20T25:00', '20261120', '2026-11-20Z', ''])(
  "'%s' is no moment",
  (text) => expect(iso(text)).toBeUndefined(),
);
