import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Waiters, pause, unlessAborted, withDeadline } from '../src/wait.ts';

async function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

test('a task that is done in time gives its value, and no listener is left', async () => {
  const outer = new AbortController();
  expect(await withDeadline(1000, outer.signal, () => Promise.resolve(7))).toBe(7);
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
});

test('a task is aborted when its time is over', async () => {
  await expect(withDeadline(20, undefined, untilAborted)).rejects.toThrow('no answer for 0.02 s');
});

test('a task is aborted with the outer signal and for its reason', async () => {
  const outer = new AbortController();
  const task = withDeadline(10_000, outer.signal, untilAborted);
  outer.abort(new Error('stop'));
  await expect(task).rejects.toThrow('stop');
  await expect(withDeadline(10_000, outer.signal, untilAborted)).rejects.toThrow('stop');
});

test('many pauses on one signal are no leak to Node.js', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const signal = new AbortController();
  const pauses = Promise.all(Array.from({ length: 30 }, () => pause(10_000, signal.signal)));
  signal.abort();
  await pauses;
  // A warning is told in the next tick.
  await new Promise(setImmediate);
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('what does not listen to a signal is not waited for', async () => {
  const hangs = withDeadline(20, undefined, (signal) => unlessAborted(new Promise(() => {}), signal));
  await expect(hangs).rejects.toThrow('no answer for 0.02 s');
  const quick = withDeadline(10_000, undefined, (signal) => unlessAborted(Promise.resolve(1), signal));
  expect(await quick).toBe(1);
  const fails = unlessAborted(Promise.reject(new Error('no')), new AbortController().signal);
  await expect(fails).rejects.toThrow('no');
});

test('waiters are told once, those that come late as well, those that wait no longer not at all, and nobody is kept', async () => {
  let settle: (value: number) => void = () => {};
  const waiters = new Waiters(new Promise<number>((resolve) => (settle = resolve)));
  const told: string[] = [];
  waiters.add((value) => told.push(`first ${value}`));
  const forget = waiters.add((value) => told.push(`second ${value}`));
  expect(waiters.size).toBe(2);
  forget();
  expect(waiters.size).toBe(1);
  settle(7);
  await new Promise(setImmediate);
  waiters.add((value) => told.push(`third ${value}`));
  waiters.add((value) => told.push(`fourth ${value}`))();
  expect(told).toEqual(['first 7']);
  await new Promise(setImmediate);
  expect(told).toEqual(['first 7', 'third 7']);
  expect(waiters.size).toBe(0);
});
