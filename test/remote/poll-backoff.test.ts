import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { PollBackoff } from '../../src/broadcast/poll-backoff.ts';
import { evaluate } from './evaluate.ts';

type Poll = readonly [count: number, fresh: boolean];

const poll = fc.tuple(fc.constantFrom(0, 1, 9, 10), fc.boolean());
/** With long stretches of the same, in which pauses grow. */
const polls = fc
  .array(fc.tuple(poll, fc.constantFrom(1, 2, 15, 400)), { minLength: 50, maxLength: 50 })
  .map((stretches) => stretches.flatMap(([one, times]) => Array.from({ length: times }, (): Poll => one)));

it('an agent polls as the controller does', () => {
  const sequence = [...fc.sample(polls, { numRuns: 10, seed: 1 })].flat();
  const pollBackoff = new PollBackoff(10);
  const expected = sequence.map(([count, fresh]) => [pollBackoff.after(count, fresh), pollBackoff.hide]);
  const said = evaluate(
    `from poll_backoff import PollBackoff
poll_backoff = PollBackoff(10)
print(json.dumps([[poll_backoff.after(count, fresh) * 1000, poll_backoff.hide] for count, fresh in given]))`,
    sequence,
  ) as [number, number][];
  expect(said).toHaveLength(expected.length);
  const differs = said.findIndex(
    ([wait, hide], index) =>
      Math.abs(wait - (expected[index]?.[0] ?? -1)) > 1e-6 || hide !== expected[index]?.[1],
  );
  expect({ differs, said: said[differs], expected: expected[differs] }).toEqual({ differs: -1 });
});
