import { describe, expect, test } from 'vitest';
import { PollBackoff } from '../../src/broadcast/poll-backoff.ts';

const hour = 3_600_000;
const longPoll = 20_000;

/** Polls `count` messages that are known for so long (ms); says how often, and how long one waited at last. */
function pollFor(duration: number, count: number) {
  const pollBackoff = new PollBackoff(10);
  let [polls, spent, last] = [0, 0, 0];
  while (spent < duration) {
    polls++;
    last = pollBackoff.after(count, false);
    // A poll that finds nothing takes as long as it may, any other no time at all.
    spent += count === 0 ? longPoll : last;
  }
  return { polls, last };
}

describe('when to poll again', () => {
  test('at once, after something new or after nothing at all', () => {
    const pollBackoff = new PollBackoff(10);
    for (const [count, fresh] of [
      [1, true],
      [10, true],
      [0, false],
    ] as const) {
      expect(pollBackoff.after(count, fresh)).toBe(0);
      expect(pollBackoff.hide).toBe(0);
    }
  });

  test('soon, after what is known: half a second and a hundredth of how long there was nothing new', () => {
    const pollBackoff = new PollBackoff(10);
    let spent = 0;
    for (let poll = 0; poll < 300; poll++) {
      const wait = pollBackoff.after(3, false);
      expect(wait).toBeCloseTo(500 + spent / 100, 3);
      spent += wait;
    }
    expect(pollBackoff.after(4, true)).toBe(0);
    expect(pollBackoff.after(4, false)).toBe(500);
  });

  test('within a few seconds in a run of minutes, and never later than in 20 s', () => {
    expect(pollFor(200_000, 3).last).toBeLessThan(2600);
    expect(pollFor(24 * hour, 3).last).toBe(20_000);
  });

  test('so seldom that a day costs hardly more than with an empty queue (docs/aws.md)', () => {
    const empty = pollFor(24 * hour, 0).polls;
    expect(empty).toBe(24 * 180);
    expect(pollFor(24 * hour, 9).polls).toBeLessThan(empty + 375);
    expect(pollFor(24 * hour, 10).polls).toBeLessThan(11 * (empty + 375));
  });

  test('nothing at all between two known ones does not make it hurry', () => {
    const pollBackoff = new PollBackoff(10);
    for (let poll = 0; poll < 100; poll++) pollBackoff.after(3, false);
    expect(pollBackoff.after(0, false)).toBe(0);
    expect(pollBackoff.after(3, false)).toBeGreaterThan(1300);
  });
});

describe('looking behind what is known', () => {
  test('is done only after as many as there can be, none of them new', () => {
    const pollBackoff = new PollBackoff(10);
    const hides = (
      [
        [9, false],
        [10, true],
        [10, false],
        [10, false],
        [10, true],
        [9, false],
      ] as const
    ).map(([count, fresh]) => {
      pollBackoff.after(count, fresh);
      return pollBackoff.hide;
    });
    expect(hides).toEqual([0, 0, 2, 2, 0, 0]);
  });

  test('is done at once, for what is hidden comes back soon, but not without end', () => {
    const pollBackoff = new PollBackoff(10);
    const waits = Array.from({ length: 12 }, () => pollBackoff.after(10, false));
    expect(waits).toEqual([...Array.from({ length: 10 }, () => 0), 500, 0]);
  });
});
