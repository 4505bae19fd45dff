import { describe, expect, test } from 'vitest';
import { Audits } from '../../../../src/engine/agents/audit/audits.ts';
import { falseHits, Trust } from '../../../../src/engine/agents/audit/trust.ts';
import { makePuzzle } from '../../../../src/puzzle/definition.ts';
import { digest } from '../../../../src/puzzle/digest.ts';
import { isNear } from '../../../../src/puzzle/near.ts';
import { Ledger } from '../../../../src/search/ledger.ts';
import type { Range } from '../../../../src/search/search.ts';

const puzzle = makePuzzle({ difficulty: 8 });
const near = 5;
const space = { from: 0n, limit: 20_000n, chunk: 1000n };
const nearHits = Array.from({ length: 20_000 }, (_, nonce) => BigInt(nonce)).filter((nonce) =>
  isNear(puzzle, digest(puzzle, nonce), near),
);

function bench({ fastest = 1e9, threads = 1 } = {}) {
  const time = { now: 0 };
  const ledger = new Ledger(space, 2);
  const trust = new Trust(ledger, { puzzle, workers: 2, near, fastest, elapsed: () => time.now });
  for (const worker of [0, 1]) {
    ledger.deal(worker);
    trust.begin(worker);
    trust.ready(worker, threads);
  }
  const claim = (next: bigint, done: [bigint, bigint][] = []) => trust.report(0, { residue: 0, next, done });
  return { time, trust, within: told, claim };
}

describe('a worker is held against its near-hits', () => {
  test('an honest one is believed, and what it has shown is counted once', () => {
    const { trust, within, claim } = bench();
    expect(trust.near(0, within(0n, 1000n))).toBeUndefined();
    expect(trust.near(0, within(0n, 1000n))).toBeUndefined();
    expect(claim(0n, [[0n, 500n]])).toBeUndefined();
    expect(trust.showing(0)).toMatchObject({ claimed: 500n, found: within(0n, 500n).length });
    trust.near(0, within(0n, 500n));
    expect(claim(2n)).toBeUndefined();
    trust.near(0, within(0n, 1000n));
    for (let chunk = 2n; chunk < 20n; chunk += 2n) {
      trust.near(0, within(chunk * 1000n, chunk * 1000n + 1000n));
      expect(claim(chunk + 2n)).toBeUndefined();
    }
    const mine = nearHits.filter((nonce) => (nonce / 1000n) % 2n === 0n);
    expect(trust.showing(0)).toEqual({ claimed: 10_000n, found: mine.length, expected: 10_000 / 32 });
    expect(trust.evidence()).toEqual({
      near,
      instances: [{ instance: 0, claimed: '10000', found: mine.length, expected: 10_000 / 32 }],
    });
  });

  test('one that shows none is not', () => {
    const { claim } = bench();
    expect(claim(2n)).toMatchObject({
      code: 'agent-false-claims',
      message: 'claims 1000 nonces, in which there are about 31 near-hits, and found 0',
    });
  });

  test('one that shows those of others, or of what it claimed before, is not', () => {
    const { trust, within, claim } = bench();
    trust.near(0, [...within(1000n, 2000n), ...within(3000n, 4000n), 30_000n]);
    expect(claim(0n, [[0n, 500n]])).toBeUndefined();
    trust.near(0, within(0n, 500n));
    expect(claim(4n)?.code).toBe('agent-false-claims');
  });

  test('ten false ones are enough', () => {
    const { trust } = bench();
    const wrong = [...Array(100).keys()].map(BigInt).filter((nonce) => !nearHits.includes(nonce));
    expect(trust.near(0, wrong.slice(0, 9))).toBeUndefined();
    expect(trust.near(0, wrong.slice(9, 10))?.code).toBe('agent-false-near-hits');
    expect([falseHits(9), falseHits(10)?.code]).toEqual([undefined, 'agent-false-hits']);
  });
});

describe('a worker is held against time', () => {
  test('four times the fastest that is known, for each of its threads, is the most that it can have done', () => {
    const { trust, time, within, claim } = bench({ fastest: 100, threads: 2 });
    trust.near(0, within(0n, 20_000n));
    time.now = 0.24;
    expect(claim(2n)).toMatchObject({ code: 'agent-too-fast' });
    time.now = 0.26;
    expect(claim(2n)).toBeUndefined();
  });

  test('a thousand threads are believed, a million are not', () => {
    const { trust, within, claim } = bench({ fastest: 1, threads: 1_000_000 });
    trust.near(0, within(0n, 20_000n));
    expect(claim(4n)).toBeUndefined();
    expect(claim(6n)?.code).toBeUndefined();
    expect(claim(10n)?.code).toBe('agent-too-fast');
  });
});

const told = (lo: bigint, hi: bigint) => nearHits.filter((nonce) => nonce >= lo && nonce < hi);

/** Audits that note what is redone and who lies, for the workers of a ledger. */
function auditing(ledger: Ledger, { fraction = 0, random = 0.5 } = {}) {
  const redone: Range[] = [];
  const lies: number[] = [];
  const audits = new Audits({
    fraction,
    each: true,
    redo: async ([lo, hi]) => {
      redone.push([lo, hi]);
      return told(lo, hi);
    },
    random: () => random,
    signal: new AbortController().signal,
    onLie: (worker) => lies.push(worker),
  });
  const trust = new Trust(ledger, { puzzle, workers: 2, near, fastest: 1e9, audits, elapsed: () => 0 });
  const settle = async () => {
    await new Promise<void>((resolve) => {
      const look = (): void => (trust.isSettled(look) ? resolve() : undefined);
      look();
    });
    return { redone, lies };
  };
  return { trust, settle };
}

describe('a chunk that was divided is audited as what each has of it', () => {
  /** Worker 0 keeps the first 500 nonces of the first chunk and gives the rest of its residue back, which worker 1 takes. */
  async function audited(toldByTheSecond: bigint[]) {
    const ledger = new Ledger(space, 2);
    const { trust, settle } = auditing(ledger, { fraction: 1, random: 0 });
    for (const worker of [0, 1]) ledger.deal(worker);
    ledger.release(0);
    trust.near(0, told(0n, 500n));
    const end = { residue: 0, next: 2n, done: [], from: 500n };
    expect(trust.released(0, end)).toBeUndefined();
    const { residue } = ledger.adopt(1, 2);
    trust.near(1, toldByTheSecond);
    trust.report(1, { residue, next: 2n, done: [] });
    expect(ledger.tested).toBe(1000n);
    return settle();
  }

  test('two honest workers are believed, and the slices of both are redone', async () => {
    const mine = told(500n, 1000n);
    const { redone, lies } = await audited(mine);
    expect(lies).toEqual([]);
    expect(redone).toEqual([
      [0n, 500n],
      [500n, 1000n],
    ]);
  });

  test('the one of them that left a near-hit out is not', async () => {
    const mine = told(500n, 1000n);
    expect((await audited(mine.slice(1))).lies).toEqual([1]);
  });
});

describe('a worker that has completed no chunk is audited by what it has done of one', () => {
  test.each<[string, bigint, number[]]>([
    ['an honest one is believed', 0n, []],
    ['one that left a near-hit out is not', 1n, [0]],
  ])('%s', async (_, left, liars) => {
    const ledger = new Ledger(space, 2);
    const { trust, settle } = auditing(ledger);
    for (const worker of [0, 1]) ledger.deal(worker);
    trust.near(0, told(0n, 400n).slice(Number(left)));
    trust.report(0, { residue: 0, next: 0n, done: [[0n, 400n]] });
    trust.near(1, told(1000n, 2000n));
    trust.report(1, { residue: 1, next: 3n, done: [] });
    // Of the second nothing more is chosen: it has completed a chunk.
    trust.near(1, told(3000n, 3100n));
    trust.report(1, { residue: 1, next: 3n, done: [[3000n, 3100n]] });
    expect(await settle()).toEqual({
      redone: [
        [1000n, 2000n],
        [0n, 400n],
      ],
      lies: liars,
    });
  });

  test.each<[string, number, number[]]>([
    ['its own', 0, []],
    ['one that another had found in it before', 1, []],
    ['one, with a near-hit that was left out,', 2, [0]],
  ])('a chunk with a hit, %s, is redone once it is completed', async (_, left, liars) => {
    const ledger = new Ledger(space, 2);
    const { trust, settle } = auditing(ledger);
    ledger.deal(0);
    const [hit = 0n, ...others] = told(0n, 1000n);
    ledger.confirm(hit);
    trust.near(0, [[hit, ...others], others, others.slice(1)][left] ?? []);
    trust.report(0, { residue: 0, next: 2n, done: [] });
    expect(await settle()).toEqual({ redone: [[0n, 1000n]], lies: liars });
  });

  test('of a chunk that was begun under another controller, which was told its near-hits, nothing is redone', async () => {
    const before = new Ledger(space, 2);
    for (const worker of [0, 1]) before.deal(worker);
    before.report(0, {
      residue: 0,
      next: 0n,
      done: [
        [0n, 400n],
        [2000n, 2100n],
      ],
    });
    const ledger = Ledger.restore(before.snapshot());
    const { trust, settle } = auditing(ledger);
    trust.near(0, told(400n, 500n));
    trust.report(0, {
      residue: 0,
      next: 0n,
      done: [
        [0n, 500n],
        [2000n, 2100n],
      ],
    });
    // Both are completed now, with what was told to the other one.
    trust.near(0, [...told(500n, 1000n), ...told(2100n, 3000n)]);
    trust.report(0, { residue: 0, next: 4n, done: [] });
    expect(await settle()).toEqual({ redone: [], lies: [] });
    trust.near(0, told(4000n, 4200n));
    trust.report(0, { residue: 0, next: 4n, done: [[4000n, 4200n]] });
    expect(await settle()).toEqual({ redone: [[4000n, 4200n]], lies: [] });
  });
});
