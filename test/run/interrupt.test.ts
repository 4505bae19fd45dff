import { expect, test } from 'vitest';
import { type Interruption, Interrupts } from '../../src/run/interrupt.ts';

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
