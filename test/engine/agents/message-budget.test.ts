import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { MessageBudget } from '../../../src/engine/agents/message-budget.ts';

const kinds = constantFrom('message', 'error', 'ready', 'byte');
const bounds = {
  message: [2000, 20],
  error: [20, 0.5],
  ready: [20, 0.2],
  byte: [8 << 20, 256 << 10],
} as const;

test('whatever comes when, no more is let through than the burst and the rate', () => {
  const step = record({
    wait: integer({ min: 0, max: 20_000 }),
    what: kinds,
    amount: integer({ min: 1, max: 3000 }),
  });
  assert(
    property(array(step, { maxLength: 200 }), (steps) => {
      let now = 0;
      const budget = new MessageBudget(() => now);
      const through = { message: 0, error: 0, ready: 0, byte: 0 };
      const over = new Set<string>();
      for (const { wait, what, amount } of steps) {
        now += wait;
        const taken = budget.take(what, amount);
        // For good: it is not listened to again.
        if (over.has(what)) expect(taken).toBe(false);
        if (taken) through[what] += amount;
        else over.add(what);
        const [burst, perSecond] = bounds[what];
        expect(through[what]).toBeLessThanOrEqual(burst + (now / 1000) * perSecond + 1e-6);
      }
    }),
  );
});

test('an honest agent never comes near: a line a second, and a thousand at once after each stall of five minutes', () => {
  let now = 0;
  const budget = new MessageBudget(() => now);
  for (let second = 0; second < 3600; second++) {
    now += 1000;
    const lines = second % 300 === 299 ? 1000 : 1;
    for (let line = 0; line < lines; line++) {
      expect(budget.take('message')).toBe(true);
      expect(budget.take('byte', 2000)).toBe(true);
    }
  }
});

test('what was too much is said in words', () => {
  expect(MessageBudget.words('message')).toBe('more than 20 messages a second (after the first 2000)');
  expect(MessageBudget.words('ready')).toBe('more than one ready message in 5 s (after the first 20)');
});
