import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { newRunId, parseIndex, parseInstanceTag, parseRunId, requireRunId, runStart } from '../src/run-id.ts';

test('a run id tells its start in UTC and sorts by time', () => {
  const earlier = newRunId(new Date('2026-11-20T08:11:03.999Z'));
  const later = newRunId(new Date('2026-11-20T10:00:00Z'));
  expect(earlier).toMatch(/^20261120-081103-[a-z0-9]{4}$/);
  expect(parseRunId(earlier)).toBe(earlier);
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

test('what is parsed as a run id, index or instance can be part of a path, whatever it was read from', () => {
  const run = newRunId();
  const near = fc.tuple(
    fc.constantFrom(run, '..', '', '20261120-081103-'),
    fc.string(),
    fc.constantFrom('', '/', '\0', '\n', run),
  );
  const text = fc.oneof(
    fc.string(),
    fc.constant(run),
    near.map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      const id = parseRunId(given);
      if (id !== undefined) expect(id).toMatch(/^[0-9]{8}-[0-9]{6}-[a-z0-9]{4}$/);
      else expect(() => requireRunId(given)).toThrow(expect.objectContaining({ code: 'bad-run-id' }));
      expect(parseInstanceTag(`l-${run.slice(-4)}-${given}`, run)?.index).toBe(parseIndex(given));
      const index = parseIndex(given);
      if (index !== undefined) expect(String(index)).toBe(given);
    }),
  );
  expect(parseRunId(`${run}\n`)).toBeUndefined();
  expect(parseRunId(undefined)).toBeUndefined();
  for (const wrong of ['01', '-1', '1e3', '12345678', ' 1', '']) expect(parseIndex(wrong)).toBeUndefined();
});
