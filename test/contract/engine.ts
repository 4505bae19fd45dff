import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Engine, RunningSearch, SearchRequest } from '../../src/engine/engine.ts';
import type { Hit } from '../../src/engine/hit.ts';
import { type EventName, type RunEvent, runEvent } from '../../src/event/event.ts';
import { EventStream } from '../../src/event/stream.ts';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { digest } from '../../src/puzzle/digest.ts';
import { noCoverage, testedNow } from '../../src/search/coverage.ts';
import { verify } from '../../src/puzzle/verification.ts';
import { newRunId } from '../../src/run-id.ts';
import { eventually, untilGone } from '../helper/process.ts';

/** An engine under test, whose processes are tagged with CND_RUN. */
export interface EngineHarness {
  readonly engine: Engine;
  close(): Promise<void>;
}

/** No golden nonce is in any space of the tests. */
const hopeless = makePuzzle({ difficulty: 64 });
const endlessSpace = { from: 0n, limit: 2n ** 63n, chunk: 1000n };
const never = new AbortController().signal;

/** What every engine promises (src/engine/engine.ts). */
export function describeEngine(name: string, open: (run: string) => Promise<EngineHarness>): void {
  describe(`engine ${name}`, () => {
    let run: string;
    let harness: EngineHarness;
    let events: RunEvent[];
    let announced: Hit[];
    let firsts: number;
    let running: RunningSearch | undefined;

    beforeEach(async () => {
      run = newRunId();
      [events, announced, firsts, running] = [[], [], 0, undefined];
      harness = await open(run);
    });
    afterEach(async () => {
      await running?.stop('test', AbortSignal.timeout(10_000));
      await harness.close();
      await untilGone(run);
      const isEvent = (event: RunEvent) => runEvent.safeParse(JSON.parse(JSON.stringify(event))).success;
      expect(events.filter((event) => !isEvent(event))).toEqual([]);
    });

    const named = (event: EventName) => events.filter((one) => one.event === event);

    function search(request: Partial<SearchRequest>): RunningSearch {
      const view = { show: (event: RunEvent) => void events.push(event), close: async () => {} };
      const { emit } = new EventStream(run, Date.now, [view]);
      const begin = performance.now();
      running = harness.engine.search({
        run,
        puzzle: hopeless,
        space: endlessSpace,
        smallest: false,
        kernel: 'python',
        instructionSet: undefined,
        linger: 120,
        controller: { key: '0'.repeat(32), epoch: 1 },
        seconds: () => 60,
        broadcast: undefined,
        clock: systemClock,
        emit,
        elapsed: () => (performance.now() - begin) / 1000,
        onFirstSearching: () => firsts++,
        announce: (hit) => announced.push(hit),
        ...request,
      });
      return running;
    }

    /** The tested nonces by range, after a look that both ways of saying it agree. */
    function ranges(): [bigint, bigint][] {
      const { tested, ranges: all, rangesCut } = running?.coverage() ?? { ranges: [] };
      expect(rangesCut).toBe(false);
      const read = all.map(([lo, hi]): [bigint, bigint] => [BigInt(lo), BigInt(hi)]);
      expect(`${read.reduce((sum, [lo, hi]) => sum + hi - lo, 0n)}`).toBe(tested);
      expect(`${running?.tested}`).toBe(tested);
      return read;
    }

    test('ends with the first golden nonce, verified, announced once and counted', async () => {
      const puzzle = makePuzzle({ difficulty: 3 });
      const { ended } = search({ puzzle });
      const end = await ended;
      if (end.kind !== 'found') throw new Error(`it ended ${end.kind}`);
      const { nonce, digest: found } = end.hit;
      expect(verify(puzzle, nonce, found)).toBe(found);
      expect(announced).toEqual([end.hit]);
      expect(running).toMatchObject({ best: end.hit, searched: true });
      expect(firsts).toBe(1);
      expect(named('hit')).toMatchObject([{ nonce: `${nonce}`, digest: found }]);
      await running?.stop('found', never);
      await untilGone(run);
      expect(ranges().some(([lo, hi]) => lo <= nonce && nonce < hi)).toBe(true);
      expect(named('search.stopped')).toMatchObject([{ reason: 'found', unconfirmed: [] }]);
    });

    test('with `smallest` ends once everything below its hit was tested', async () => {
      const puzzle = makePuzzle({ difficulty: 3 });
      const smallest = golden('000', 0n);
      const end = await search({ puzzle, smallest: true, space: { ...endlessSpace, chunk: 500n } }).ended;
      expect(end).toMatchObject({ kind: 'found', hit: { nonce: smallest } });
      expect(announced.at(-1)?.nonce).toBe(smallest);
      await running?.stop('found', never);
      const [first] = ranges();
      expect(first?.[0]).toBe(0n);
      expect(first?.[1]).toBeGreaterThan(smallest);
    });

    test('ends when the space is exhausted: every nonce of it was tested, none twice', async () => {
      const space = { from: 2n ** 40n, limit: 2n ** 40n + 10_123n, chunk: 1000n };
      expect(await search({ space }).ended).toEqual({ kind: 'exhausted' });
      expect(ranges()).toEqual([[space.from, space.limit]]);
      expect([running?.best, announced, named('hit')]).toEqual([undefined, [], []]);
    });

    test('searches nothing that earlier runs have tested, and counts it', async () => {
      const puzzle = makePuzzle({ difficulty: 3 });
      const first = golden('000', 0n);
      const second = golden('000', first + 1n);
      // Whatever chunks and stride they had: up to and with the first golden nonce, and somewhere above it.
      const done = [[0n, first + 1n] as const, [first + 50n, first + 70n] as const];
      const space = { from: 0n, limit: second + 1n, chunk: 64n };
      expect(await search({ puzzle, space, done, smallest: true }).ended).toMatchObject({
        kind: 'found',
        hit: { nonce: second },
      });
      expect(named('hit')).toMatchObject([{ nonce: `${second}` }]);
      expect(ranges()).toEqual([[0n, second + 1n]]);
      expect(testedNow(running?.coverage() ?? noCoverage(space))).toBe(second - first - 20n);
      await running?.stop('found', never);
      const rest = {
        space: { ...space, from: 10n },
        done: [[0n, second] as const, [second, 2n ** 40n] as const],
      };
      expect(await search(rest).ended).toEqual({ kind: 'exhausted' });
      expect(running?.searched).toBe(false);
    });

    test('stops when it is told to, says why, and tests nothing more', async () => {
      search({});
      await eventually('it searches', () => running?.tested);
      running?.tick(5);
      expect(named('run.progress').at(-1)).toMatchObject({ searching: expect.any(Number), remaining: 5 });
      await running?.stop('enough', never);
      await untilGone(run);
      expect(named('search.stopped')).toMatchObject([{ reason: 'enough', unconfirmed: [] }]);
      const before = ranges();
      await sleep(100);
      expect(ranges()).toEqual(before);
    });

    test('waits no longer for its end than it may, and ends all the same', async () => {
      search({});
      await eventually('it searches', () => running?.tested);
      await running?.stop('at once', AbortSignal.abort());
      expect(named('search.stopped')).toMatchObject([{ reason: 'at once' }]);
      await untilGone(run);
    });

    test('is stopped before it has begun', async () => {
      await search({}).stop('at once', never);
      await untilGone(run);
      expect([firsts, running?.searched, running?.tested]).toEqual([0, false, 0n]);
    });

    test('ends by itself at its own deadline, whoever forgets to stop it', async () => {
      search({ seconds: () => 2 });
      await eventually('it searches', () => running?.tested);
      await untilGone(run);
      expect(named('hit')).toEqual([]);
    });

    test('ends with a golden nonce that somebody else announces', async () => {
      const puzzle = makePuzzle({ difficulty: 4 });
      const nonce = golden('0000', 10n ** 12n);
      const found = digest(puzzle, nonce).toString('hex');
      const { ended } = search({ puzzle, space: { ...endlessSpace, from: nonce - 1n } });
      running?.announced({ run, nonce, digest: found });
      expect(await ended).toMatchObject({ kind: 'found', hit: { nonce, digest: found } });
      expect(announced).toHaveLength(1);
    });

    test('believes no announcement that is false', async () => {
      search({ space: { ...endlessSpace, from: 1000n } });
      running?.announced({ run, nonce: 2000n, digest: digest(hopeless, 2000n).toString('hex') });
      running?.announced({ run, nonce: 2000n, digest: '0'.repeat(64), instance: 1000 });
      running?.announced({ run, nonce: 999n, digest: '0'.repeat(64), instance: 0 });
      expect([running?.best, announced, named('hit')]).toEqual([undefined, [], []]);
      expect(named('hit.rejected').map((event) => 'nonce' in event && event.nonce)).toEqual([
        '2000',
        '2000',
        '999',
      ]);
    });
  });
}

/** The smallest golden nonce from `from` on whose digest begins so, by the hash alone. */
function golden(zeros: string, from: bigint): bigint {
  const puzzle = makePuzzle({ difficulty: zeros.length });
  for (let nonce = from; ; nonce++) if (digest(puzzle, nonce).toString('hex').startsWith(zeros)) return nonce;
}
