import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyDone, anySpace } from './arbitrary.ts';
import { Simulation } from './simulation.ts';

const step = fc.record({
  what: fc.oneof(
    { weight: 4, arbitrary: fc.constant('deal') },
    { weight: 12, arbitrary: fc.constantFrom('obey', 'search', 'report', 'idle', 'hear') },
    { weight: 4, arbitrary: fc.constant('turn') },
    { weight: 3, arbitrary: fc.constantFrom('lose', 'hit', 'lie', 'resume') },
  ),
  worker: fc.nat(5),
  other: fc.nat(5),
  choice: fc.nat(100),
  size: fc.integer({ min: 1, max: 6 }),
});

describe('a search, for any space, stride and sequence of events', () => {
  it('deals every nonce, calls none done that was not tested, and counts like a recount', () => {
    const seen = { adoptions: 0, releases: 0, lateReports: 0 };
    fc.assert(
      fc.property(
        // Unbiased: tiny spaces and fleets leave little to move about.
        fc.noBias(anySpace),
        fc.noBias(fc.integer({ min: 1, max: 6 })),
        fc.boolean(),
        anyDone,
        fc.array(step, { maxLength: 120, size: 'max' }),
        (space, count, smallest, done, steps) => {
          const simulation = new Simulation(space, count, done(space));
          for (const { what, worker: w, other, choice, size } of steps) {
            const worker = w % count;
            const nonce = space.from + (BigInt(choice) % (space.limit - space.from));
            if (what === 'deal') simulation.deal(worker);
            if (what === 'obey') simulation.obey(worker);
            if (what === 'search') simulation.search(worker, choice, size);
            if (what === 'report') simulation.report(worker);
            if (what === 'idle') simulation.sayIdle(worker);
            if (what === 'hear') simulation.hear(worker);
            if (what === 'turn') simulation.turn(worker, size * 4);
            if (what === 'lose') simulation.lose(worker);
            if (what === 'hit') simulation.hit(nonce, smallest && choice % 4 === 0);
            if (what === 'resume') simulation.resume();
            if (what === 'lie') simulation.lie(worker, other % count, BigInt(choice % 9), BigInt(size));
            if (what !== 'obey' && what !== 'search') simulation.check();
          }
          simulation.finish();
          // Each order needs a cause: a worker that came, was lost or became idle, or a bound.
          const { adoptions, releases, lateReports } = simulation.seen;
          expect(adoptions + releases).toBeLessThan(4 * (steps.length + count * count + 10));
          seen.adoptions += adoptions;
          seen.releases += releases;
          seen.lateReports += lateReports;
        },
      ),
      { numRuns: 400 },
    );
    // Far fewer, and the runs above would have shown little.
    expect(seen.adoptions).toBeGreaterThan(100);
    expect(seen.releases).toBeGreaterThan(10);
    expect(seen.lateReports).toBeGreaterThan(5);
  });
});
