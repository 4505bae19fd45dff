import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkCount, chunkOf, chunkRange } from '../../../src/search/chunk.ts';
import { Ledger } from '../../../src/search/ledger.ts';
import type { Range, Space } from '../../../src/search/search.ts';
import { anySpace, asRanges, nonces, rangesOf } from '../arbitrary.ts';

const space: Space = { from: 0n, limit: 60n, chunk: 10n };

describe('what a worker said is taken back', () => {
  test('where nobody has built on it, at once', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(0, { residue: 0, next: 6n, done: [] });
    ledger.report(1, { residue: 1, next: 3n, done: [[30n, 35n]] });
    expect([ledger.claimed(0), ledger.claimed(1), ledger.tested]).toEqual([30n, 15n, 45n]);
    ledger.lose(0);
    expect(ledger.withdraw(0)).toEqual([]);
    expect([ledger.claimed(0), ledger.tested]).toEqual([0n, 15n]);
    expect(rangesOf(ledger.coverage())).toEqual([
      [10n, 20n],
      [30n, 35n],
    ]);
    expect(ledger.adopt(1, 0)).toMatchObject({ residue: 0, next: 0n });
  });

  test('where another has it now, once that one has given it back: nothing is exhausted before', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(1, { residue: 1, next: 7n, done: [] });
    ledger.report(0, { residue: 0, next: 2n, done: [[20n, 25n]] });
    ledger.lose(0);
    ledger.adopt(1, 0);
    ledger.report(1, { residue: 0, next: 6n, done: [] });
    expect(ledger.complete(ledger.space.limit)).toBe(true);
    expect(ledger.withdraw(0)).toEqual([0]);
    expect(ledger.complete(ledger.space.limit)).toBe(false);
    expect(ledger.residues()[0]).toMatchObject({ owner: 1, left: 1 });
    ledger.release(0);
    ledger.released(1, { residue: 0, next: 6n, done: [] });
    expect(rangesOf(ledger.coverage())).toEqual([
      [10n, 20n],
      [25n, 60n],
    ]);
    expect([ledger.claimed(0), ledger.claimed(1), ledger.tested]).toEqual([0n, 45n, 45n]);
    expect(ledger.adopt(1, 0)).toMatchObject({ residue: 0, next: 0n });
    ledger.report(1, { residue: 0, next: 6n, done: [] });
    expect(ledger.complete(ledger.space.limit)).toBe(true);
  });

  test('where a nonce of it stands', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.report(0, { residue: 0, next: 2n, done: [[22n, 25n]] });
    const standing = [5n, 15n, 20n, 23n, 60n].map((nonce) => ledger.standing(0, nonce));
    expect(standing).toEqual(['passed', 'foreign', 'open', 'done', 'foreign']);
    expect(ledger.standing(1, 15n)).toBe('foreign');
  });

  const step = fc.record({
    kind: fc.constantFrom('report', 'report', 'report', 'adopt', 'lose', 'release', 'withdraw'),
    worker: fc.nat(3),
    residue: fc.nat(3),
    chunks: fc.bigInt(0n, 3n),
    part: fc.tuple(fc.bigInt(0n, 8n), fc.bigInt(0n, 8n)),
  });
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  /** Each residue as plain sets: who is credited with which nonce. */
  class Model {
    readonly credit = new Map<bigint, number>();
    readonly base = new Map<number, Set<bigint>>();
    readonly pending = new Map<number, Set<number>>();
    readonly given = new Map<number, bigint>();

    readonly space: Space;
    readonly stride: bigint;

    constructor(space: Space, stride: bigint) {
      this.space = space;
      this.stride = stride;
    }

    of(residue: number): bigint[] {
      return [...this.credit.keys()].filter((nonce) => this.residueOf(nonce) === residue);
    }

    residueOf(nonce: bigint): number {
      return Number(chunkOf(this.space, nonce) % this.stride);
    }

    give(residue: number, next: bigint): void {
      this.base.set(residue, new Set(this.of(residue)));
      this.given.set(residue, next);
    }

    report(worker: number, residue: number, said: readonly bigint[]): void {
      const base = this.base.get(residue) ?? new Set();
      for (const nonce of this.of(residue)) if (!base.has(nonce)) this.credit.delete(nonce);
      for (const nonce of said) if (!base.has(nonce)) this.credit.set(nonce, worker);
    }

    /** Nobody has it now: those whose word does not count lose their credit. */
    orphan(residue: number): void {
      for (const worker of this.pending.get(residue) ?? [])
        for (const nonce of this.of(residue))
          if (this.credit.get(nonce) === worker) this.credit.delete(nonce);
      this.pending.delete(residue);
    }
  }

  function play(space: Space, workers: number, steps: readonly Step[]): [Ledger, Model] {
    const ledger = new Ledger(space, workers);
    const model = new Model(space, BigInt(workers));
    const lost = new Set<number>();
    for (let worker = 0; worker < workers; worker++)
      for (const { residue, next } of ledger.deal(worker)) model.give(residue, next);
    const owned = (worker: number) => ledger.residues().filter(({ owner }) => owner === worker);
    for (const { kind, chunks, part, ...chosen } of steps) {
      const [worker, residue] = [chosen.worker % workers, chosen.residue % workers];
      const { owner, status } = ledger.residues()[residue] ?? {};
      const next = (model.given.get(residue) ?? 0n) + chunks * BigInt(workers);
      if (kind === 'report' || kind === 'release') {
        if (owner === undefined || next > chunkCount(space) + BigInt(workers)) continue;
        const [start, end] = next < chunkCount(space) ? chunkRange(space, next) : [0n, 0n];
        const [lo, hi] = [start + part[0], start + part[0] + part[1]];
        const done: Range[] = lo < hi && hi <= end ? [[lo, hi]] : [];
        if (kind === 'release' && status === 'held') ledger.release(residue);
        const report = { residue, next, done };
        const said = kind === 'release' ? ledger.released(owner, report) : ledger.report(owner, report);
        if (said.accepted) {
          const before: Range[] = [];
          for (let c = BigInt(residue); c < next && c < chunkCount(space); c += BigInt(workers))
            before.push(chunkRange(space, c));
          model.report(owner, residue, nonces([...before, ...done]));
        }
        if (kind === 'release') model.orphan(residue);
      } else if (kind === 'adopt') {
        if (owner === undefined && !lost.has(worker)) model.give(residue, ledger.adopt(worker, residue).next);
      } else if (kind === 'lose' || !lost.has(worker)) {
        const mine = owned(worker);
        ledger.lose(worker);
        lost.add(worker);
        for (const { residue: own } of mine) model.orphan(own);
      } else {
        const building = new Set(
          [...model.credit].flatMap(([n, w]) => (w === worker ? [model.residueOf(n)] : [])),
        );
        ledger.withdraw(worker);
        for (const r of building) {
          model.pending.set(r, (model.pending.get(r) ?? new Set()).add(worker));
          if (ledger.residues()[r]?.owner === undefined) model.orphan(r);
        }
      }
    }
    return [ledger, model];
  }

  test('by whoever and whenever, exactly what the others did stays (property)', () => {
    fc.assert(
      fc.property(
        anySpace,
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 40 }),
        (anywhere, workers, steps) => {
          const [ledger, model] = play(anywhere, workers, steps);
          expect(rangesOf(ledger.coverage())).toEqual(asRanges(model.credit.keys()));
          expect(ledger.tested).toBe(BigInt(model.credit.size));
          const pending = model.pending.size > 0;
          expect(ledger.complete(ledger.space.limit)).toBe(
            !pending && ledger.tested === anywhere.limit - anywhere.from,
          );
          for (let worker = 0; worker < workers; worker++) {
            const credited = [...model.credit.values()].filter((one) => one === worker).length;
            if (![...model.pending.values()].some((set) => set.has(worker)))
              expect(ledger.claimed(worker)).toBe(BigInt(credited));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
