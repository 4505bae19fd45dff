import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

/** Seconds left of 60 when the monotonic and the wall clock have gone on by so much. */
const left = (monotonic: number, wall: number): unknown =>
  evaluate(
    `import deadline
clocks = [1000.0, 5000.0]
deadline.monotonic, deadline.time = lambda: clocks[0], lambda: clocks[1]
until = deadline.Deadline(60)
clocks = [1000.0 + given[0], 5000.0 + given[1]]
print(until.left())`,
    [monotonic, wall],
  );

describe("an agent's deadline", () => {
  it.each([
    ['both clocks go on', 10, 10, 50],
    ['it has passed', 70, 70, -10],
    ['the machine was suspended, which only the wall clock knows', 10, 70, -10],
    ['the wall clock was put back', 10, -3600, 50],
  ])('%s', (_, monotonic, wall, seconds) => {
    expect(left(monotonic, wall)).toBe(seconds);
  });

  it('whatever the clocks do: it only comes nearer, and is as near as the faster clock says', () => {
    const seconds = (least: number) => fc.integer({ min: least, max: 100_000 });
    const steps = fc.array(fc.tuple(seconds(0), seconds(-100_000)), { maxLength: 30 });
    // One interpreter for all of them: each is a list of how far the monotonic and the wall clock go on.
    const sequences = fc.sample(steps, 300);
    const lefts = evaluate(
      `import deadline
clocks = [0, 0]
deadline.monotonic, deadline.time = lambda: clocks[0], lambda: clocks[1]
said = []
for steps in given:
    until = deadline.Deadline(60)
    said.append([])
    for monotonic, wall in steps:
        clocks = [clocks[0] + monotonic, clocks[1] + wall]
        said[-1].append(until.left())
print(json.dumps(said))`,
      sequences,
    );
    const expected = sequences.map((sequence) => {
      let [monotonic, wall, highest] = [0, 0, 0];
      return sequence.map(([more, step]) => {
        monotonic += more;
        wall += step;
        highest = Math.max(highest, monotonic, wall);
        return 60 - highest;
      });
    });
    expect(lefts).toEqual(expected);
  });
});
