import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { armDeadMan } from '../../../../src/fleet/local/host/dead-man.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('it fires once, at its time', () => {
  const fire = vi.fn<() => void>();
  armDeadMan(2.5, fire);
  vi.advanceTimersByTime(2499);
  expect(fire).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2);
  expect(fire).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(10_000);
  expect(fire).toHaveBeenCalledOnce();
});

test('it fires within a second of waking from a suspend', () => {
  const fire = vi.fn<() => void>();
  let asleep = 0;
  armDeadMan(3600, fire, { elapsed: () => asleep });
  vi.advanceTimersByTime(1000);
  asleep = 7200;
  vi.advanceTimersByTime(1000);
  expect(fire).toHaveBeenCalledOnce();
});

test('it fires at once when the time is over already, and bears more than setTimeout can count', () => {
  const fire = vi.fn<() => void>();
  armDeadMan(-1, fire);
  expect(fire).toHaveBeenCalledOnce();
  const late = vi.fn<() => void>();
  armDeadMan(3_000_000, late);
  vi.advanceTimersByTime(10_000);
  expect(late).not.toHaveBeenCalled();
});
