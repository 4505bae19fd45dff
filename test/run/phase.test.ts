import { expect, test } from 'vitest';
import { Stopwatch } from '../../src/clock.ts';
import { Phases } from '../../src/run/phase.ts';
import { ManualClock } from '../helper/manual-clock.ts';

function start() {
  const clock = new ManualClock();
  const stopwatch = new Stopwatch(clock);
  return { clock, phases: new Phases(() => stopwatch.elapsed()) };
}

test('a phase begins where the one before it ends', () => {
  const { clock, phases } = start();
  clock.advance(1); // from the start of the run until the launch: the plan
  phases.begin('launch');
  clock.advance(2);
  phases.begin('boot');
  clock.suspend(60); // a sleeping laptop counts
  clock.advance(1);
  phases.end();
  clock.advance(5);
  expect(phases.seconds).toEqual({ plan: 1, launch: 2, boot: 61 });
});

test('one that comes again is added to, one that was never reached is absent', () => {
  const { clock, phases } = start();
  phases.begin('search');
  clock.advance(3);
  phases.begin('boot');
  phases.begin('search');
  clock.advance(4);
  phases.end();
  phases.end();
  expect(phases.seconds).toEqual({ plan: 0, search: 7, boot: 0 });
});
