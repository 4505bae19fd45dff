import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Rhythm } from '../../src/broadcast/rhythm.ts';
import { evaluate } from './evaluate.ts';

type Poll = readonly [count: number, fresh: boolean];

const poll = fc.tuple(fc.constantFrom(0, 1, 9, 10), fc.boolean());
/** With long stretches of the same, in which pauses grow. */
const polls = fc
  .array(fc.tuple(poll, fc.constantFrom(1, 2, 15, 400)), { minLength: 50, maxLength: 50 })
  .map((stretches) => stretches.flatMap(([one, times]) => Array.from({ length: times }, (): Poll => one)));

it('an agent polls as the controller does', () => {
  const sequence = [...fc.sample(polls, { numRuns: 10, seed: 1 })].flat();
  const rhythm = new Rhythm(10);
  const expected = sequence.map(([count, fresh]) => [rhythm.after(count, fresh), rhythm.hide]);
  const said = evaluate(
    `from rhythm import Rhythm
rhythm = Rhythm(10)
print(json.dumps([[rhythm.after(count, fresh) * 1000, rhythm.hide] for count, fresh in given]))`,
    sequence,
  ) as [number, number][];
  expect(said).toHaveLength(expected.length);
  const differs = said.findIndex(
    ([wait, hide], index) =>
      Math.abs(wait - (expected[index]?.[0] ?? -1)) > 1e-6 || hide !== expected[index]?.[1],
  );
  expect({ differs, said: said[differs], expected: expected[differs] }).toEqual({ differs: -1 });
});
