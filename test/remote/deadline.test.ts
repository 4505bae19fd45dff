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
});
