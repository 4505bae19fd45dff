import { assert, constantFrom, double, property } from 'fast-check';
import { expect, test } from 'vitest';
import { Stopwatch } from '../../src/clock.ts';
import { deadline } from '../../src/run/deadline.ts';
import { ReleaseTime, teardownSchedule } from '../../src/run/teardown.ts';
import { ManualClock } from '../helper/manual-clock.ts';

const reserves = constantFrom(3, 20);
const limits = double({ min: 22, max: 86_400, noNaN: true });
const measured = double({ min: 0, max: 1000, noNaN: true });

test('the reserve is at least that of the fleet, and twice the slowest release more, within a quarter of T', () => {
  assert(
    property(reserves, limits, measured, (reserve, timeLimit, slowest) => {
      const { search } = teardownSchedule(reserve, timeLimit, slowest);
      expect(search).toBeGreaterThanOrEqual(reserve);
      expect(search).toBeLessThanOrEqual(Math.max(reserve, timeLimit / 4));
      if (reserve + 2 * slowest <= timeLimit / 4) expect(search).toBeCloseTo(reserve + 2 * slowest, 6);
    }),
  );
});

test('the steps follow each other, and slower releases never leave less time for the release', () => {
  assert(
    property(reserves, limits, measured, measured, (reserve, timeLimit, one, other) => {
      const [fast, slow] = [Math.min(one, other), Math.max(one, other)];
      const early = teardownSchedule(reserve, timeLimit, slow);
      expect(early.search).toBeGreaterThan(early.stop);
      expect(early.stop).toBeGreaterThan(early.logs);
      const late = teardownSchedule(reserve, timeLimit, fast);
      expect(early.logs).toBeGreaterThanOrEqual(late.logs);
      expect(early.search).toBeGreaterThanOrEqual(late.search);
      // Where there is room for it, the release has twice what was measured.
      if (2 * slow <= 0.2 * reserve) expect(early.logs).toBeCloseTo(reserve / 3 + 2 * slow, 6);
    }),
  );
});

test('nothing measured: a fifth of the reserve each to stop and to confirm, a third to release', () => {
  const { search, stop, logs } = teardownSchedule(3, 60, 0);
  expect([search, stop, logs].map((seconds) => Number(seconds.toFixed(6)))).toEqual([3, 1.8, 1]);
});

test('the slowest of the last measurements counts, for half a minute', () => {
  let now = 0;
  const time = new ReleaseTime(() => now);
  expect(time.slowest).toBe(0);
  time.tell('fleet', 4);
  time.tell('instance 1', 2);
  expect(time.slowest).toBe(4);
  time.tell('fleet', 1);
  expect(time.slowest).toBe(2);
  now = 31;
  expect(time.slowest).toBe(0);
});

test('a process that gets to its work late measures that; one that was suspended does not', () => {
  const clock = new ManualClock();
  const time = new ReleaseTime(() => clock.monotonic() / 1000);
  const off = time.watchLag(clock);
  clock.advance(0.25);
  expect(time.slowest).toBe(0);
  clock.advance(1.75);
  clock.advance(0.25);
  expect(time.slowest).toBeCloseTo(1.5);
  clock.advance(60);
  expect(time.slowest).toBe(0);
  off();
  expect(clock.listeners).toBe(0);
});

test('a deadline that moves earlier is reached earlier', () => {
  const clock = new ManualClock();
  let end = 20;
  const { signal } = deadline(clock, new Stopwatch(clock), () => end, 'the time limit was reached');
  clock.advance(10);
  expect(signal.aborted).toBe(false);
  end = 9;
  clock.advance(0.2);
  expect(signal.aborted).toBe(true);
});
