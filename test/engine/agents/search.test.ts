import { describe, expect, test } from 'vitest';
import { CndError } from '../../../src/error.ts';
import { makePuzzle } from '../../../src/puzzle/definition.ts';
import { digest } from '../../../src/puzzle/digest.ts';
import type { AgentMessage } from '../../../src/engine/agents/agent-message.ts';
import type { AgentOrder } from '../../../src/engine/agents/agent-order.ts';
import type { Emit, EventName } from '../../../src/event/event.ts';
import type { Hit } from '../../../src/engine/hit.ts';
import { takeUnnotedJob } from '../../../src/engine/agents/resume/unnoted-job.ts';
import { Search } from '../../../src/engine/agents/search.ts';
import type { SearchEnd } from '../../../src/engine/engine.ts';

const puzzle = makePuzzle({ difficulty: 2 }); // the smallest golden nonce is 116
const ready: AgentMessage = {
  event: 'ready',
  kernel: 'pow.py',
  isa: 'python',
  cores: 1,
  threads: 1,
  python: '3.12',
};
const hex = (nonce: bigint): string => digest(puzzle, nonce).toString('hex');
const hit = (nonce: bigint): AgentMessage => ({ event: 'hit', nonce, digest: hex(nonce) });
const golden = goldenNonces(0n, 2000n);

function goldenNonces(from: bigint, limit: bigint): bigint[] {
  const found: bigint[] = [];
  for (let nonce = from; nonce < limit; nonce++) if (hex(nonce).startsWith('00')) found.push(nonce);
  return found;
}

/** A search over stand-in agents: what it says to each is kept, what they say is the test's. */
class Bench {
  readonly search: Search;
  readonly sent: AgentOrder[][];
  readonly events: { event: EventName; [field: string]: unknown }[] = [];
  readonly announced: Hit[] = [];
  end: SearchEnd | undefined;
  seconds = 0;
  firsts = 0;

  constructor(
    { workers = 2, smallest = false, limit = 1000n, from = 0n, chunk = 100n, near = 24, fastest = 1e9 } = {},
    snapshot?: unknown,
    keep?: (then: () => void) => void,
    isContinued = false,
  ) {
    this.sent = Array.from({ length: workers }, () => []);
    const emit: Emit = (event, fields) => void this.events.push({ event, ...fields });
    this.search = new Search({
      puzzle,
      space: { from, limit, chunk },
      workers,
      near,
      fastest,
      smallest,
      snapshot,
      isContinued,
      keep,
      emit,
      elapsed: () => this.seconds,
      onFirstSearching: () => (this.firsts += 1),
      announce: (hit) => this.announced.push(hit),
    });
    void this.search.ended.then((end) => (this.end = end));
  }

  /** The worker's agent starts and is ready; gives what was put into its job. */
  start(...workers: number[]) {
    return workers.map((worker) => {
      const job = this.search.begin(worker, (order) => this.sent[worker]?.push(order));
      this.search.receive(worker, ready);
      return job;
    });
  }

  progress(worker: number, residue: number, next: bigint, done: [bigint, bigint][] = [], rate = 10): void {
    const residues = [{ residue, next, done }];
    this.search.receive(worker, { event: 'progress', residues, hashes: 1, rate });
  }

  lose(worker: number, retrying = false, code = 'session-lost'): void {
    this.search.lose(worker, new CndError(code, 'connection reset'), retrying);
  }

  named(name: EventName) {
    return this.events.filter(({ event }) => event === name);
  }

  /** What the search has come to, once promises had their turn. */
  async ended(): Promise<SearchEnd | undefined> {
    await new Promise(setImmediate);
    return this.end;
  }

  orders(worker: number): AgentOrder[] {
    return this.sent[worker] ?? [];
  }
}

test('what this file takes for granted', () => {
  expect(golden[0]).toBe(116n);
  expect(golden.length).toBeGreaterThan(3);
});

describe('an agent with a job that its killed controller had not noted', () => {
  test('is taken up before what it gave back is heard again, which others then search', async () => {
    const bench = new Bench({ limit: 100n }, undefined, undefined, true);
    expect(takeUnnotedJob(bench.search, 0)).toBe(true);
    bench.search.receive(0, { event: 'released', residue: 0, next: 0n, done: [], from: 40n });
    // Of what it has kept it is done.
    bench.progress(0, 0, 2n);
    expect(bench.search.tested).toBe(40n);
    expect(await bench.ended()).toBeUndefined();
    expect(takeUnnotedJob(bench.search, 0)).toBe(false);
    bench.start(1);
    bench.search.receive(1, { event: 'idle' });
    expect(bench.orders(1)).toMatchObject([{ order: 'adopt', from: 40n }]);
  });
});

describe('a worker that is away', () => {
  test('keeps what it has, takes no orders, and is told everything again once it is back', () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(1, { event: 'idle' });
    expect(bench.orders(1)).toEqual([]);
    bench.search.away(0);
    expect(bench.search.pool.isAway(0)).toBe(true);
    bench.progress(1, 1, 1n);
    bench.search.receive(1, { event: 'idle' });
    // Nothing that worker 0 holds is given to worker 1, which has nothing to do.
    expect(bench.orders(1)).toEqual([]);
    expect(bench.named('instance.lost')).toEqual([]);
    const again: AgentOrder[] = [];
    bench.search.rejoin(0, (order) => again.push(order));
    expect(again).toEqual([{ order: 'adopt', residue: 0, next: 0n }]);
    expect(bench.search.pool.isAway(0)).toBe(false);
  });

  test('and was perhaps set to work by an earlier controller keeps what is reserved for it, for a while', () => {
    const earlier = new Bench({ chunk: 10n });
    earlier.start(0);
    const bench = new Bench({ chunk: 10n }, earlier.search.snapshot().value);
    bench.search.rejoin(0, (order) => bench.sent[0]?.push(order));
    const adopt = { order: 'adopt', residue: 1, next: 1n };
    bench.progress(0, 0, 100n);
    bench.search.receive(0, { event: 'idle' });
    bench.seconds = 5;
    bench.progress(0, 0, 100n);
    expect(bench.orders(0)).not.toContainEqual(adopt);
    expect(bench.search.pool.isNew(1)).toBe(true);
    bench.seconds = 7;
    bench.progress(0, 0, 100n);
    expect(bench.orders(0)).toContainEqual(adopt);
  });

  test('was set to work by a controller that was killed before it noted the search: it is believed, and keeps its work', () => {
    const bench = new Bench({ limit: 2n ** 31n, chunk: 2n ** 26n }, undefined, undefined, true);
    bench.start(0);
    bench.progress(0, 0, 32n);
    bench.search.receive(0, { event: 'idle' });
    expect(bench.orders(0)).toEqual([]);
    bench.start(1);
    // Who was told their near-hits was the controller that was killed.
    bench.progress(1, 1, 31n);
    expect(bench.named('instance.lost')).toEqual([]);
  });

  test('is not waited for when all others have nothing left: the first answer counts', async () => {
    const bench = new Bench({ chunk: 10n });
    bench.start(0, 1);
    bench.search.away(0);
    bench.seconds = 5;
    bench.progress(1, 1, 101n);
    bench.search.receive(1, { event: 'idle' });
    expect(bench.orders(1)).toEqual([]);
    bench.seconds = 7;
    bench.progress(1, 1, 101n);
    expect(bench.orders(1)).toEqual([{ order: 'adopt', residue: 0, next: 0n }]);
    expect(bench.named('instance.adopted')).toMatchObject([{ instance: 1, residue: 0, takenFrom: 0 }]);
    expect(bench.named('instance.lost')).toEqual([]);
    bench.progress(1, 0, 40n);
    // Back again, it is asked to give it back, and tells what it has done meanwhile.
    const again: AgentOrder[] = [];
    bench.search.rejoin(0, (order) => again.push(order));
    expect(again).toEqual([{ order: 'release', residue: 0 }]);
    bench.search.receive(0, { event: 'released', residue: 0, next: 60n, done: [] });
    expect(bench.search.coverage()).toMatchObject({ tested: '800', doubled: '200' });
    bench.progress(1, 0, 100n);
    await expect(bench.search.ended).resolves.toEqual({ kind: 'exhausted' });
    expect(bench.search.coverage()).toMatchObject({ tested: '1000', doubled: '300' });
  });

  test('is given up after all: the others take over, and it begins with nothing', () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(1, { event: 'idle' });
    bench.search.away(0);
    bench.lose(0, true, 'agent-unreachable');
    expect(bench.orders(1)).toEqual([{ order: 'adopt', residue: 0, next: 0n }]);
    expect(bench.search.begin(0, () => {})).toEqual([]);
  });

  test('is told of as unconfirmed when the search ends meanwhile, and nobody waits for it', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.away(0);
    const stopping = bench.search.stop('found', AbortSignal.timeout(10_000));
    bench.search.receive(1, { event: 'stopped', reason: 'order' });
    await stopping;
    expect(bench.named('search.stopped')).toMatchObject([{ unconfirmed: [0] }]);
  });
});

describe('a worker that lies', () => {
  const impossible: AgentMessage = {
    event: 'progress',
    residues: [{ residue: 9, next: 9n, done: [] }],
    hashes: 1,
    rate: 1,
  };

  test('is lost once, whatever it says afterwards', () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(0, impossible);
    bench.search.receive(0, impossible);
    bench.search.receive(0, { event: 'error', message: 'me?' });
    bench.search.receive(0, { event: 'stopped', reason: 'order' });
    expect(bench.search.isLost(0)).toBe(true);
    expect(bench.named('instance.lost')).toMatchObject([{ instance: 0, code: 'agent-impossible' }]);
    expect(bench.named('instance.error')).toEqual([]);
    expect(bench.named('instance.progress')).toEqual([]);
    expect(bench.named('instance.stopped')).toHaveLength(1);
  });

  test('is lost after ten false hits, said once; a true one counts all the same', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    const lie: AgentMessage = { event: 'hit', nonce: 117n, digest: hex(117n) };
    for (let count = 0; count < 1000; count++) bench.search.receive(0, lie);
    expect(bench.named('hit.rejected')).toHaveLength(10);
    expect(bench.named('instance.lost')).toMatchObject([{ instance: 0, code: 'agent-false-hits' }]);
    expect(bench.named('instance.adopted')).toMatchObject([{ instance: 1, residue: 0 }]);
    bench.search.receive(0, hit(116n));
    expect(await bench.ended()).toMatchObject({ kind: 'found', hit: { nonce: 116n } });
  });
});

describe('the first found', () => {
  test('ends the search, once it is verified', async () => {
    const bench = new Bench();
    expect(bench.start(0, 1)).toEqual([[{ residue: 0, next: 0n }], [{ residue: 1, next: 1n }]]);
    bench.seconds = 4;
    bench.search.receive(1, hit(116n));
    expect(await bench.ended()).toEqual({
      kind: 'found',
      hit: { instance: 1, nonce: 116n, digest: hex(116n) },
    });
    expect(bench.search.best?.nonce).toBe(116n);
    expect(bench.announced).toMatchObject([{ nonce: 116n, instance: 1 }]);
    expect(bench.named('hit')).toEqual([
      { event: 'hit', instance: 1, nonce: '116', digest: hex(116n), elapsed: 4 },
    ]);
    expect(bench.search.tested).toBe(1n);
  });

  test('one that stops by itself for its hit, before it is told to, is not lost', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(0, hit(golden[0] ?? 0n));
    bench.search.receive(0, { event: 'stopped', reason: 'hit' });
    const ended = new CndError('agent-hit', 'its agent stopped by itself (hit)');
    bench.search.lose(0, ended, false);
    bench.search.lose(1, ended, false);
    expect(bench.named('instance.lost')).toMatchObject([{ instance: 1 }]);
  });

  test('false hits are rejected, whoever makes them', async () => {
    const bench = new Bench({ from: 100n, limit: 1000n });
    bench.start(0, 1);
    bench.search.receive(0, { event: 'hit', nonce: 117n, digest: hex(117n) }); // not golden
    bench.search.receive(0, { event: 'hit', nonce: 116n, digest: '0'.repeat(64) }); // another digest
    bench.search.claim(1, { nonce: 2n ** 70n, digest: hex(116n) }); // not in any space
    const beyond = goldenNonces(1000n, 3000n)[0] ?? 0n;
    bench.search.announced({ run: 'r', instance: 1, nonce: beyond, digest: hex(beyond) }); // golden, not in ours
    expect(bench.named('hit.rejected').map(({ nonce }) => nonce)).toEqual([
      '117',
      '116',
      `${2n ** 70n}`,
      `${beyond}`,
    ]);
    expect(bench.named('hit')).toEqual([]);
    expect(bench.search.best).toBeUndefined();
    expect(await bench.ended()).toBeUndefined();
  });

  test('late and repeated hits change nothing', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(1, hit(golden[1] ?? 0n));
    bench.search.receive(0, hit(116n));
    bench.search.receive(1, hit(golden[1] ?? 0n));
    bench.search.announced({ run: 'r', instance: 1, nonce: golden[1] ?? 0n, digest: hex(golden[1] ?? 0n) });
    expect(bench.search.best?.nonce).toBe(golden[1]);
    expect(bench.named('hit')).toHaveLength(1);
    expect(bench.named('hit.rejected')).toEqual([]);
    expect(bench.announced).toHaveLength(1);
    expect(await bench.ended()).toMatchObject({ kind: 'found', hit: { nonce: golden[1] } });
  });

  test('one that an agent heard of is told as its finder', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(0, { event: 'hit', nonce: 116n, digest: hex(116n), instance: 1 });
    expect(await bench.ended()).toMatchObject({ kind: 'found', hit: { instance: 1, nonce: 116n } });
    expect(bench.named('hit')).toMatchObject([{ instance: 1 }]);
    expect(bench.announced).toMatchObject([{ instance: 1 }]);
  });

  test('one of an instance that there is not counts all the same, and shows no instance that there is not', async () => {
    const heard = new Bench();
    heard.start(0, 1);
    heard.search.receive(0, { event: 'hit', nonce: 116n, digest: hex(116n), instance: 1_000_000 });
    const told = new Bench();
    told.start(0, 1);
    told.search.announced({ run: 'r', instance: 2, nonce: 116n, digest: hex(116n) });
    for (const bench of [heard, told]) {
      // Nonce 116 is of chunk 1, the share of worker 1.
      expect(await bench.ended()).toMatchObject({ kind: 'found', hit: { instance: 1, nonce: 116n } });
      expect(bench.named('hit')).toMatchObject([{ instance: 1 }]);
    }
  });

  test('a false one is held against who says it, not against whom it names', () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(0, { event: 'hit', nonce: 117n, digest: hex(117n), instance: 1 });
    expect(bench.named('hit.rejected')).toMatchObject([{ instance: 0, nonce: '117' }]);
  });

  test('one that was announced by somebody else ends it as well', async () => {
    const bench = new Bench();
    bench.start(0);
    bench.search.announced({ run: 'r', instance: 1, nonce: 116n, digest: hex(116n) });
    expect(await bench.ended()).toMatchObject({ kind: 'found', hit: { instance: 1, nonce: 116n } });
  });

  test('one that comes while the search is being stopped for something else is not lost', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    const stopped = bench.search.stop('time-limit', new AbortController().signal);
    bench.search.receive(0, hit(116n));
    for (const worker of [0, 1]) bench.search.receive(worker, { event: 'stopped', reason: 'order' });
    await stopped;
    expect(bench.search.best).toMatchObject({ nonce: 116n, instance: 0 });
    expect(bench.named('hit')).toHaveLength(1);
  });
});

describe('a space without a golden nonce', () => {
  test('is exhausted when all of it is covered, not before', async () => {
    const bench = new Bench({ limit: 100n, chunk: 30n });
    bench.start(0, 1);
    bench.progress(0, 0, 4n);
    bench.progress(1, 1, 1n, [[30n, 59n]]);
    expect(await bench.ended()).toBeUndefined();
    bench.progress(1, 1, 3n, [[90n, 99n]]);
    expect(await bench.ended()).toBeUndefined();
    bench.progress(1, 1, 5n);
    expect(await bench.ended()).toEqual({ kind: 'exhausted' });
    expect(bench.search.tested).toBe(100n);
  });
});

describe('the smallest', () => {
  const second = golden[1] ?? 0n;

  test('a hit is only a bound, and the proof is complete only when all below it is covered', async () => {
    const bench = new Bench({ smallest: true });
    bench.start(0, 1);
    bench.search.receive(0, hit(second));
    expect(bench.orders(0)).toEqual([{ order: 'bound', nonce: second }]);
    expect(bench.orders(1)).toEqual([{ order: 'bound', nonce: second }]);
    bench.search.receive(1, hit(116n));
    expect(bench.orders(0).at(-1)).toEqual({ order: 'bound', nonce: 116n });
    bench.search.receive(0, hit(second)); // a higher one, late
    expect(bench.search.best?.nonce).toBe(116n);
    expect(bench.announced.map(({ nonce }) => nonce)).toEqual([second, 116n]);

    bench.progress(1, 1, 1n, [[100n, 116n]]);
    expect(await bench.ended()).toBeUndefined();
    bench.progress(0, 0, 0n, [[0n, 99n]]);
    expect(await bench.ended()).toBeUndefined();
    bench.progress(0, 0, 0n, [[0n, 100n]]);
    expect(await bench.ended()).toEqual({ kind: 'found', hit: bench.search.best });
    expect(bench.search.best).toEqual({ instance: 1, nonce: 116n, digest: hex(116n) });
  });

  test('whoever becomes ready later is told the bound', () => {
    const bench = new Bench({ smallest: true, workers: 3 });
    bench.start(0);
    bench.search.receive(0, hit(second));
    bench.start(2);
    expect(bench.orders(2)).toEqual([{ order: 'bound', nonce: second }]);
  });

  test('what is reserved for those still on their way is taken by ready ones, and they get the rest', () => {
    const bench = new Bench({ smallest: true, workers: 3 });
    bench.start(0);
    expect(bench.orders(0)).toEqual([]);
    bench.search.receive(0, hit(second)); // residue 1 and 2 hold nonces below it
    const adopted = bench.orders(0).filter(({ order }) => order === 'adopt');
    const below = [1, 2].filter((chunk) => BigInt(chunk) * 100n < second);
    expect(adopted).toMatchObject(below.map((chunk) => ({ residue: chunk, next: BigInt(chunk) })));
    expect(bench.named('instance.adopted')).toHaveLength(below.length);
    expect(bench.start(1)).toEqual([[]]); // its residue is with worker 0
  });

  test('a hit at the very first nonce needs no further proof', async () => {
    const bench = new Bench({ smallest: true, from: 116n });
    bench.start(0, 1);
    bench.search.receive(0, hit(116n));
    expect(await bench.ended()).toMatchObject({ kind: 'found', hit: { nonce: 116n } });
  });
});

describe('who has nothing left', () => {
  test('gets a residue that another one releases', () => {
    const bench = new Bench({ workers: 2, limit: 100_000n });
    bench.start(0, 1);
    bench.progress(0, 0, 0n, [], 10);
    bench.progress(1, 1, 1001n, [], 30); // everything of residue 1
    bench.search.receive(1, { event: 'idle' });
    // It is three times as fast: a quarter of the 50,000 nonces is left to the other one.
    expect(bench.orders(0)).toEqual([{ order: 'release', residue: 0, from: 25_000n }]);
    expect(bench.orders(1)).toEqual([]); // not before it is given back
    bench.search.receive(0, { event: 'released', residue: 0, next: 2n, done: [[200n, 205n]], from: 25_010n });
    expect(bench.orders(1)).toEqual([{ order: 'adopt', residue: 2, next: 250n, from: 25_010n }]);
    expect(bench.named('instance.released')).toMatchObject([{ instance: 0, residue: 0, from: '25010' }]);
    expect(bench.named('instance.adopted')).toMatchObject([{ instance: 1, residue: 0, from: '25010' }]);
    expect(bench.named('instance.error')).toEqual([]);
    expect(bench.search.tested).toBe(50_000n + 100n + 5n);
    // Nothing is asked for again while both search.
    bench.progress(0, 0, 2n, [[200n, 210n]], 10);
    bench.progress(1, 2, 252n, [], 30);
    expect(bench.orders(0)).toHaveLength(1);
  });

  test('waits for the next report when the other one has begun everything that it has', () => {
    const bench = new Bench({ workers: 2, limit: 100_000n });
    bench.start(0, 1);
    bench.progress(0, 0, 0n, [], 10);
    bench.progress(1, 1, 1001n, [], 30);
    bench.search.receive(1, { event: 'idle' });
    const asked = { order: 'release', residue: 0, from: 25_000n };
    expect(bench.orders(0)).toEqual([asked]);
    bench.search.receive(0, { event: 'released', residue: 0, next: 2n, done: [], from: 100_000n });
    // It would say the same again, and so on, some thousand times a second.
    expect(bench.orders(0)).toEqual([asked]);
    bench.progress(1, 1, 1001n, [], 30);
    expect(bench.orders(0)).toHaveLength(2);
  });

  test('is asked to give back what it adopts only after it was told to adopt it', () => {
    const waiting: (() => void)[] = [];
    const bench = new Bench({ limit: 100_000n }, undefined, (then) => waiting.push(then));
    bench.start(0, 1);
    bench.progress(0, 0, 0n, [], 10);
    bench.progress(1, 1, 1001n, [], 10);
    bench.search.receive(1, { event: 'idle' });
    bench.search.receive(0, { event: 'released', residue: 0, next: 2n, done: [], from: 25_000n });
    // Its adoption waits for the state to be kept. In the meantime the other one has done what it had.
    bench.seconds = 1;
    bench.progress(0, 0, 250n, [], 10);
    bench.search.receive(0, { event: 'idle' });
    expect(bench.orders(1)).toEqual([]);
    for (let then = waiting.shift(); then; then = waiting.shift()) then();
    expect(bench.orders(1)).toMatchObject([
      { order: 'adopt', residue: 2 },
      { order: 'release', residue: 2 },
    ]);
  });

  test('is fed once its progress got through, when that came after its word', () => {
    const bench = new Bench({ limit: 100_000n });
    bench.start(0, 1);
    bench.search.receive(1, { event: 'idle' }); // but as far as is known there is work left with it
    expect(bench.orders(0).filter(({ order }) => order === 'release')).toEqual([]);
    bench.progress(1, 1, 1001n);
    expect(bench.orders(0).filter(({ order }) => order === 'release')).toHaveLength(1);
  });

  test('is not fed what it has done itself', () => {
    const bench = new Bench({ limit: 400n });
    bench.start(0, 1);
    bench.progress(0, 0, 4n);
    bench.search.receive(0, { event: 'idle' });
    bench.progress(1, 1, 3n);
    expect(bench.orders(0)).toEqual([]);
    // It was asked for a half of its 200 nonces, before it was known that it has done the other one.
    expect(bench.orders(1)).toEqual([{ order: 'release', residue: 1, from: 300n }]);
    bench.search.receive(1, { event: 'released', residue: 1, next: 3n, done: [], from: 400n });
    expect(bench.orders(0)).toEqual([]);
  });
});

describe('lost workers', () => {
  test('leave what they held to others, from where they were', async () => {
    const bench = new Bench({ limit: 100_000n });
    bench.start(0, 1);
    bench.progress(0, 0, 20n, [[2010n, 2020n]]);
    bench.lose(0);
    expect(bench.orders(1)).toEqual([{ order: 'adopt', residue: 0, next: 20n, done: [[2010n, 2020n]] }]);
    expect(bench.named('instance.lost')).toEqual([
      {
        event: 'instance.lost',
        instance: 0,
        code: 'session-lost',
        reason: 'connection reset',
        retrying: false,
      },
    ]);
    expect(bench.search.tested).toBe(1010n);
    expect(await bench.ended()).toBeUndefined();
  });

  test('that come back get nothing in their job, and what is free as soon as they are idle', () => {
    const bench = new Bench({ workers: 1 });
    bench.start(0);
    bench.progress(0, 0, 3n);
    bench.lose(0, true);
    expect(bench.start(0)).toEqual([[]]);
    bench.search.receive(0, { event: 'idle' });
    expect(bench.orders(0)).toEqual([{ order: 'adopt', residue: 0, next: 3n }]);
    expect(bench.named('instance.adopted')).toEqual([
      { event: 'instance.adopted', instance: 0, residue: 0, next: '3' },
    ]);
  });

  test('that are lost again before they began may still come back', async () => {
    const bench = new Bench({ workers: 1 });
    bench.lose(0, true);
    bench.lose(0, true);
    expect(await bench.ended()).toBeUndefined();
    expect(bench.start(0)).toEqual([[]]);
    bench.search.receive(0, { event: 'idle' });
    expect(bench.orders(0)).toEqual([{ order: 'adopt', residue: 0, next: 0n }]);
  });

  test('what a lost one still says about its residues counts no more', () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.lose(0);
    bench.progress(0, 0, 4n);
    expect(bench.search.tested).toBe(0n);
    expect(bench.named('instance.error')).toEqual([]); // an honest one may be late
  });

  test('when all are lost the search ends with the last reason', async () => {
    const bench = new Bench();
    bench.start(0);
    bench.lose(0);
    expect(await bench.ended()).toBeUndefined();
    bench.search.lose(1, new CndError('ssh-refused', 'nobody answered'), false);
    expect(await bench.ended()).toEqual({
      kind: 'lost',
      reason: 'every instance was lost; the last: nobody answered',
    });
  });
});

describe('forged reports', () => {
  test.each([
    ['the chunk of another', 0, 1n, []],
    ['a chunk beyond the space', 0, 100n, []],
    ['a range of another', 0, 0n, [[150n, 160n]]],
    ['a range across chunks', 0, 0n, [[50n, 250n]]],
    ['a range beyond the space', 0, 8n, [[800n, 2000n]]],
    ['a range turned round', 0, 0n, [[20n, 10n]]],
    ['a residue that there is not', 7, 0n, []],
  ] as [string, number, bigint, [bigint, bigint][]][])(
    '%s is not counted, and nothing more of that worker is believed',
    async (_, residue, next, done) => {
      const bench = new Bench();
      bench.start(0, 1);
      bench.progress(0, residue, next, done);
      expect(bench.named('instance.lost')).toMatchObject([
        { instance: 0, code: 'agent-impossible', retrying: false },
      ]);
      bench.progress(0, 0, 3n);
      expect(bench.search.tested).toBe(0n);
      expect(await bench.ended()).toBeUndefined();
    },
  );

  test('a residue of another, released, stays with its owner', () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(0, { event: 'released', residue: 1, next: 9n, done: [] });
    expect(bench.named('instance.lost')).toEqual([]);
    bench.progress(1, 1, 3n);
    expect(bench.search.tested).toBe(100n);
  });
});

describe('what is told on the way', () => {
  test('the first to search, all that search, and how it stands', () => {
    const bench = new Bench({ workers: 3 });
    expect([bench.firsts, bench.search.searched]).toEqual([0, false]);
    bench.start(1);
    expect([bench.firsts, bench.search.searched]).toEqual([1, true]);
    bench.seconds = 1.5;
    bench.start(0);
    expect(bench.named('search.all')).toEqual([]);
    bench.lose(2); // everybody who is left
    expect(bench.named('search.all')).toEqual([{ event: 'search.all', instances: 2, elapsed: 1.5 }]);
    expect(bench.firsts).toBe(1);

    bench.progress(0, 0, 3n, [], 100);
    bench.progress(1, 1, 1n, [], 50);
    bench.search.tick(-3);
    expect(bench.named('run.progress')).toEqual([
      {
        event: 'run.progress',
        searching: 2,
        tested: '100',
        rate: 150,
        probability: expect.closeTo(1 - (255 / 256) ** 100),
        elapsed: 1.5,
        remaining: 0,
      },
    ]);
    bench.search.receive(0, { event: 'error', message: 'kernel 0 died' });
    expect(bench.named('instance.error')).toMatchObject([{ instance: 0, message: 'kernel 0 died' }]);
    expect(bench.named('instance.progress')[0]).toMatchObject({
      instance: 0,
      residues: [{ residue: 0, next: '3', done: [] }],
    });
  });

  test('the notes of an agent, where it has any', () => {
    const bench = new Bench();
    bench.start(0);
    bench.search.begin(1, () => {});
    bench.search.receive(1, { ...ready, note: 'no C kernel' });
    const [first, second] = bench.named('instance.searching');
    expect(first).not.toHaveProperty('note');
    expect(second).toMatchObject({ instance: 1, note: 'no C kernel', kernel: 'pow.py' });
  });
});

describe('stopping', () => {
  const never = new AbortController().signal;

  test('waits for the word of each, and tells how long it took', async () => {
    const bench = new Bench({ workers: 3 });
    bench.start(0, 1); // worker 2 never came
    bench.search.receive(1, hit(116n));
    bench.search.receive(1, { event: 'stopped', reason: 'hit' });
    let done = false;
    const stopped = bench.search.stop('found', never).then(() => (done = true));
    expect(bench.orders(0)).toEqual([{ order: 'stop' }]);
    expect(bench.orders(1)).toEqual([]); // it has stopped by itself
    await bench.ended();
    expect(done).toBe(false);
    bench.seconds = 0.05;
    bench.search.receive(0, { event: 'stopped', reason: 'order' });
    await stopped;
    expect(bench.named('instance.stopped')).toEqual([
      { event: 'instance.stopped', instance: 1, reason: 'hit', latency: 0 },
      { event: 'instance.stopped', instance: 0, reason: 'order', latency: 0.05 },
    ]);
    expect(bench.named('search.stopped')).toEqual([
      { event: 'search.stopped', reason: 'found', latency: 0.05, unconfirmed: [] },
    ]);
  });

  test('tells the others as soon as a hit is verified, once, and before anybody is told of it', async () => {
    const bench = new Bench({ workers: 3 });
    bench.start(0, 1);
    const toldBefore: number[] = [];
    bench.search.begin(2, () => toldBefore.push(bench.named('hit').length));
    bench.search.receive(1, hit(116n));
    expect(bench.orders(0)).toEqual([{ order: 'stop' }]);
    expect(bench.orders(1)).toEqual([]); // it stops by itself
    expect(toldBefore).toEqual([0]);
    for (const worker of [0, 1, 2]) bench.search.receive(worker, { event: 'stopped', reason: 'order' });
    await bench.search.stop('found', never);
    expect(bench.orders(0)).toEqual([{ order: 'stop' }]);
  });

  test('after a hit it is over with the last word, whatever is done until it is waited for', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    bench.search.receive(1, hit(116n));
    bench.search.receive(1, { event: 'stopped', reason: 'hit' });
    bench.seconds = 0.02;
    bench.search.receive(0, { event: 'stopped', reason: 'order' });
    const told = [{ event: 'search.stopped', reason: 'found', latency: 0.02, unconfirmed: [] }];
    expect(bench.named('search.stopped')).toEqual(told);
    bench.seconds = 1; // a slow disk
    await bench.search.stop('found', never);
    expect(bench.named('search.stopped')).toEqual(told);
  });

  test('lets no agent end before the last has stopped: that would take processor time from those that are still to be told', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    const ended: number[] = [];
    bench.search.receive(1, hit(116n));
    for (const worker of [1, 0]) {
      bench.search.pool.get(worker).received.whenDone(() => ended.push(worker));
      bench.search.receive(worker, { event: 'stopped', reason: 'order' });
    }
    expect(ended).toEqual([]);
    await bench.search.stop('found', never);
    expect(ended.toSorted((a, b) => a - b)).toEqual([0, 1]);
  });

  test('one that is lost meanwhile is not waited for', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    const stopped = bench.search.stop('interrupted', never);
    bench.search.receive(0, { event: 'stopped', reason: 'order' });
    bench.lose(1);
    await stopped;
    expect(bench.named('search.stopped')).toMatchObject([{ unconfirmed: [] }]);
    expect(bench.orders(0)).toEqual([{ order: 'stop' }]); // and nothing is adopted any more
  });

  test('patience ends, and says who gave no word', async () => {
    const bench = new Bench();
    bench.start(0, 1);
    const timeout = new AbortController();
    const stopped = bench.search.stop('time-limit', timeout.signal);
    bench.search.receive(0, { event: 'stopped', reason: 'order' });
    timeout.abort();
    await stopped;
    expect(bench.named('search.stopped')).toMatchObject([{ reason: 'time-limit', unconfirmed: [1] }]);
    await bench.search.stop('again', timeout.signal); // patience that is over already
    expect(bench.named('search.stopped')).toHaveLength(2);
  });

  test('before anybody searched there is nobody to wait for', async () => {
    const bench = new Bench();
    await bench.search.stop('interrupted', never);
    expect(bench.named('search.stopped')).toMatchObject([{ unconfirmed: [] }]);
  });
});
