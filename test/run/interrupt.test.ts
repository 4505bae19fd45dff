import { describe, expect, test } from 'vitest';
import { Stopwatch } from '../../src/clock.ts';
import { deadline } from '../../src/run/deadline.ts';
import { type Interruption, Interrupts } from '../../src/run/interrupt.ts';
import { ManualClock } from '../helper/manual-clock.ts';

const sigint = { name: 'SIGINT', exitCode: 130 };
const sigterm = { name: 'SIGTERM', exitCode: 143 };

test('the first asks to stop, the second to terminate at once, more change nothing', () => {
  const interrupts = new Interrupts();
  const heard: [string, number][] = [];
  interrupts.onRaise(({ name }: Interruption, count) => heard.push([name, count]));
  expect([interrupts.first.aborted, interrupts.second.aborted, interrupts.cause]).toEqual([
    false,
    false,
    undefined,
  ]);

  interrupts.raise(sigint);
  expect([interrupts.first.aborted, interrupts.second.aborted]).toEqual([true, false]);
  expect(interrupts.first.reason).toEqual(new Error('SIGINT'));

  interrupts.raise(sigterm);
  expect(interrupts.second.aborted).toBe(true);
  for (let more = 0; more < 5; more++) interrupts.raise(sigterm);

  expect(heard).toEqual([
    ['SIGINT', 1],
    ['SIGTERM', 2],
  ]);
  expect(interrupts.cause).toEqual(sigint);
});

test('whoever waits knows the cause by the time the signal fires, and everybody is told', () => {
  const interrupts = new Interrupts();
  const causes: unknown[] = [];
  interrupts.first.addEventListener('abort', () => causes.push(interrupts.cause));
  const told: string[] = [];
  interrupts.onRaise(() => told.push('one'));
  interrupts.onRaise(() => told.push('two'));
  interrupts.raise(sigterm);
  expect(causes).toEqual([sigterm]);
  expect(told).toEqual(['one', 'two']);
});

describe('the limit of what is under way', () => {
  /** An interruption some seconds before it begins, or none; its limit, and what makes time pass. */
  function limited(before: number, onlyNew = false) {
    const clock = new ManualClock();
    const stopwatch = new Stopwatch(clock);
    const interrupts = new Interrupts();
    for (let count = 0; count < before; count++) interrupts.raise(sigint);
    const within = (seconds: number) =>
      deadline(clock, stopwatch, stopwatch.elapsed() + seconds, 'the time limit was reached');
    return { clock, interrupts, limit: interrupts.limit(within, { onlyNew }) };
  }

  test('is 5 s from the first', () => {
    const { clock, interrupts, limit } = limited(0);
    clock.advance(100);
    expect([limit.signal.aborted, limit.isAsked]).toEqual([false, false]);
    interrupts.raise(sigint);
    clock.advance(4.5);
    expect([limit.signal.aborted, limit.isAsked]).toEqual([false, true]);
    clock.advance(1);
    expect(limit.signal.aborted).toBe(true);
  });

  test('is the moment of the second', () => {
    const { interrupts, limit } = limited(0);
    interrupts.raise(sigint);
    interrupts.raise(sigint);
    expect([limit.signal.aborted, limit.isAsked]).toEqual([true, true]);
  });

  test('is 5 s from its beginning where the first came before', () => {
    const { clock, limit } = limited(1);
    expect([limit.signal.aborted, limit.isAsked]).toEqual([false, true]);
    clock.advance(6);
    expect(limit.signal.aborted).toBe(true);
  });

  test('is not set by one that came before where only a new one counts', () => {
    const { clock, interrupts, limit } = limited(1, true);
    clock.advance(100);
    expect([limit.signal.aborted, limit.isAsked]).toEqual([false, false]);
    interrupts.raise(sigint);
    expect([limit.signal.aborted, limit.isAsked]).toEqual([true, true]);
  });

  test('is gone once the thing has ended', () => {
    const { clock, interrupts, limit } = limited(0);
    limit.end();
    interrupts.raise(sigint);
    clock.advance(100);
    expect(limit.signal.aborted).toBe(false);
  });
});
