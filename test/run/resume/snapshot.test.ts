import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CndError } from '../../../src/error.ts';
import { resumedStart } from '../../../src/run/resume/elapsed.ts';
import { type RunSnapshot, parseSnapshot, snapshotText } from '../../../src/run/resume/snapshot.ts';

const run = '20261120-081103-x7k2';
const snapshot: Omit<RunSnapshot, 'version'> = {
  run,
  config: { settings: { N: '4' }, directory: '/srv' },
  startedAt: 1_000_000,
  time: { elapsed: 12.5, boot: { boot: 'b1', seconds: 100 } },
  phases: { seconds: { plan: 1 }, current: { name: 'search', since: 3 } },
  key: 'ab'.repeat(16),
  launch: { instances: [{ id: 'l-x7k2-0', index: 0, threads: 1 }], handle: { hostKey: 'ssh-ed25519 A' } },
};

test('is read as it was written', () => {
  expect(parseSnapshot(snapshotText(snapshot), run)).toEqual({ version: 3, ...snapshot });
});

test('a changed digit of a number that nothing contradicts is refused', () => {
  const text = snapshotText({ ...snapshot, config: { settings: { chunk: '10000' }, directory: '/srv' } });
  expect(parseSnapshot(text, run).config.settings).toEqual({ chunk: '10000' });
  expect(() => parseSnapshot(text.replace('"10000"', '"10001"'), run)).toThrow(
    expect.objectContaining({ code: 'state-damaged' }),
  );
  expect(() => parseSnapshot(text.replace(/,"crc32":\d+/, ''), run)).toThrow(
    expect.objectContaining({ code: 'state-damaged' }),
  );
});

test('torn, damaged, or of another run it is refused, and nothing else happens', () => {
  const text = snapshotText(snapshot);
  const refused = (damaged: string): void => {
    try {
      // Damage in a text that is nowhere judged may go unnoticed; what is read has the right form all the same.
      expect(parseSnapshot(damaged, run).run).toBe(run);
    } catch (error) {
      expect(error).toBeInstanceOf(CndError);
      expect(error).toMatchObject({ code: expect.stringMatching(/^state-(damaged|version)$/) });
    }
  };
  expect(() => parseSnapshot(text, '20261120-081103-x7k3')).toThrow(CndError);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), (at, put) => {
      expect(() => parseSnapshot(text.slice(0, at), run)).toThrow(CndError);
      refused(text.slice(0, at) + put + text.slice(at + 1));
    }),
  );
  fc.assert(fc.property(fc.json(), (json) => refused(json)));
});

test('that of another version is refused, and what to do is said', () => {
  for (const [version, age] of [
    [2, 'an older'],
    [4, 'a newer'],
  ] as const) {
    const text = JSON.stringify({ ...snapshot, version, search: { of: 'another form' } });
    expect(() => parseSnapshot(text, run)).toThrow(
      expect.objectContaining({
        code: 'state-version',
        message: expect.stringMatching(
          new RegExp(`^the state of run ${run} was written by ${age} version of cnd .format ${version},`),
        ),
        hint: expect.stringMatching(/cnd scram --run /),
      }),
    );
  }
});

test('elapsed time never goes back, and goes on by the clock that is ahead', () => {
  const { startedAt } = snapshot;
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.constantFrom('b1', 'b2', undefined),
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      (elapsed, walled, boot, seconds) => {
        const time = { elapsed, boot: { boot: 'b1', seconds: 100 } };
        const now = { monotonic: 5000, wall: startedAt + walled, boot: { boot, seconds } };
        const start = resumedStart({ startedAt, time }, now);
        const resumed = (now.monotonic - start.monotonic) / 1000;
        const since = boot === 'b1' ? Math.max(0, seconds - 100) : 0;
        expect(resumed).toBeCloseTo(Math.max(elapsed + since, walled / 1000), 3);
        expect(start.wall).toBe(startedAt);
      },
    ),
  );
});
