import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Stopwatch } from '../src/clock.ts';
import { DeadlineReached, deadline } from '../src/run/deadline.ts';
import { ManualClock } from './helper/manual-clock.ts';

test('elapsed time is the larger of the monotonic and the wall clock', () => {
  const clock = new ManualClock();
  const stopwatch = new Stopwatch(clock);
  clock.advance(10);
  expect(stopwatch.elapsed()).toBeCloseTo(10);
  clock.suspend(3600); // the lid is closed: only the wall clock goes on
  expect(stopwatch.elapsed()).toBeCloseTo(3610);
});

test('a step back of the wall clock is ignored, and what was elapsed stays elapsed', () => {
  const clock = new ManualClock();
  const stopwatch = new Stopwatch(clock);
  clock.advance(10);
  clock.stepWall(-86_400);
  clock.advance(5);
  expect(stopwatch.elapsed()).toBeCloseTo(15);
  clock.stepWall(2 * 86_400);
  const ahead = stopwatch.elapsed();
  clock.stepWall(-86_400);
  expect(stopwatch.elapsed()).toBe(ahead);
});

test('a deadline fires at the first look after its time, also after a suspension', () => {
  const clock = new ManualClock();
  const { signal } = deadline(clock, new Stopwatch(clock), 100, 'T reached');
  clock.advance(99.5);
  expect(signal.aborted).toBe(false);
  clock.suspend(8 * 3600);
  expect(signal.aborted).toBe(false);
  clock.advance(0.2);
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toBeInstanceOf(DeadlineReached);
  expect(clock.listeners).toBe(0);
});

test('a deadline beyond what setTimeout can count does not fire early, and a cancelled one never', () => {
  const clock = new ManualClock();
  const stopwatch = new Stopwatch(clock);
  const far = deadline(clock, stopwatch, 2 ** 31 / 1000 + 10, 'far');
  clock.advance(86_400);
  expect(far.signal.aborted).toBe(false);
  far.cancel();
  clock.advance(2 ** 31);
  expect(far.signal.aborted).toBe(false);
});

test('whatever the clocks do: nothing elapsed is taken back, none is less than either clock says, and a deadline is kept', () => {
  const step = fc.record({
    kind: fc.constantFrom('advance', 'suspend', 'step'),
    // Sixteenths of a second and a day at most: sums are exact.
    seconds: fc.integer({ min: -16 * 86_400, max: 16 * 86_400 }).map((sixteenths) => sixteenths / 16),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 100_000 }), (steps, limit) => {
      const clock = new ManualClock();
      const stopwatch = new Stopwatch(clock);
      const { signal } = deadline(clock, new Stopwatch(clock), limit, 'T reached');
      let [monotonic, wall, highest] = [0, 0, 0];
      for (const { kind, seconds } of steps) {
        const forward = Math.abs(seconds);
        if (kind === 'advance') clock.advance(forward);
        else if (kind === 'suspend') clock.suspend(forward);
        else clock.stepWall(seconds);
        if (kind === 'advance') monotonic += forward;
        wall += kind === 'step' ? seconds : forward;
        highest = Math.max(highest, monotonic, wall);
        expect(stopwatch.elapsed()).toBeCloseTo(highest, 6);
        // At the next look, of whatever a suspension or a step has shown meanwhile.
        clock.advance(0);
        expect(signal.aborted).toBe(highest >= limit);
      }
    }),
  );
});
