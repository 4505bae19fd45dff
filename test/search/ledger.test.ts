import { describe, expect, it } from 'vitest';
import { testedNow } from '../../src/search/coverage.ts';
import { Ledger } from '../../src/search/ledger.ts';
import { ledgerSnapshotValue, parseLedgerSnapshot } from '../../src/search/ledger-snapshot.ts';
import { maximumPieces } from '../../src/search/residue.ts';
import type { Range, Space } from '../../src/search/search.ts';
import { rangesOf } from './arbitrary.ts';

/** Chunks of 10 from 100: residue 0 of 2 has 100..109, 120..129 and 140..144, residue 1 has 110..119 and 130..139. */
const space: Space = { from: 100n, limit: 145n, chunk: 10n };

function report(residue: number, next: bigint, ...done: Range[]) {
  return { residue, next, done };
}

function ranges(ledger: Ledger): Range[] {
  return rangesOf(ledger.coverage());
}

describe('a ledger', () => {
  it('deals residue k to worker k, and counts what it reports', () => {
    const ledger = new Ledger(space, 2);
    expect(ledger.deal(1)).toEqual([{ residue: 1, next: 1n }]);
    expect(ledger.deal(0)).toEqual([{ residue: 0, next: 0n }]);
    expect(ledger.report(0, report(0, 2n, [121n, 124n]))).toEqual({ accepted: true });
    expect(ledger.report(1, report(1, 1n, [110n, 112n], [115n, 120n]))).toEqual({ accepted: true });
    expect(ranges(ledger)).toEqual([
      [100n, 112n],
      [115n, 120n],
      [121n, 124n],
    ]);
    expect(ledger.tested).toBe(20n);
    expect(ledger.residues()).toEqual([
      { residue: 0, next: 2n, status: 'held', owner: 0, left: 12 },
      { residue: 1, next: 1n, status: 'held', owner: 1, left: 13 },
    ]);
  });

  it('is exhausted when every nonce is done, and not one earlier', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(1, report(1, 5n));
    ledger.report(0, report(0, 4n, [140n, 144n]));
    expect([ledger.complete(space.limit), ledger.complete(144n), ledger.tested]).toEqual([false, true, 44n]);
    ledger.report(0, report(0, 6n));
    expect([ledger.complete(space.limit), ledger.complete(), ledger.tested]).toEqual([true, true, 45n]);
    expect(ranges(ledger)).toEqual([[100n, 145n]]);
    expect(ledger.complete(146n)).toBe(false);
  });

  it('gives workers beyond the last chunk nothing to do', () => {
    const ledger = new Ledger({ from: 0n, limit: 2n, chunk: 1n }, 4);
    expect(ledger.deal(3)).toEqual([{ residue: 3, next: 3n }]);
    expect(ledger.residues().map(({ left }) => left)).toEqual([1, 1, 0, 0]);
    expect(ledger.report(3, report(3, 3n))).toEqual({ accepted: true });
    expect(ledger.tested).toBe(0n);
  });

  it('keeps what a lost worker reported, and lets the next one begin at the chunk that is not done', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(0, report(0, 2n, [120n, 125n], [140n, 142n]));
    expect(ledger.lose(0)).toEqual([0]);
    expect(ledger.residues()[0]).toEqual({
      residue: 0,
      next: 2n,
      status: 'orphaned',
      owner: undefined,
      left: 8,
    });
    expect(ledger.adopt(1, 0)).toEqual({
      residue: 0,
      next: 2n,
      done: [
        [120n, 125n],
        [140n, 142n],
      ],
    });
    expect(ledger.report(1, report(0, 2n, [123n, 127n]))).toEqual({ accepted: true });
    expect(ranges(ledger)).toEqual([
      [100n, 110n],
      [120n, 127n],
      [140n, 142n],
    ]);
    expect(ledger.tested).toBe(19n);
  });

  it('goes past chunks that an earlier owner had done, whatever the new one says', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(0, report(0, 0n, [100n, 109n], [120n, 130n]));
    ledger.lose(0);
    ledger.adopt(1, 0);
    expect(ledger.report(1, report(0, 2n))).toEqual({ accepted: true });
    expect(ledger.residues()[0]?.next).toBe(4n);
    // Its own next is behind the ledger's: true all the same, and what it adds counts once.
    expect(ledger.report(1, report(0, 2n, [120n, 121n], [140n, 141n]))).toEqual({ accepted: true });
    expect(ledger.tested).toBe(21n);
  });

  it('holds a new owner to the chunk it began with', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(0, report(0, 2n));
    ledger.lose(0);
    ledger.adopt(1, 0);
    expect(ledger.report(1, report(0, 0n, [100n, 101n]))).toMatchObject({
      accepted: false,
      rejection: 'backwards',
    });
  });

  it('takes back what its owner takes back, but not what others did or the controller verified', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(0, report(0, 0n, [100n, 105n]));
    ledger.lose(0);
    ledger.adopt(1, 0);
    ledger.report(1, report(0, 4n, [140n, 143n]));
    ledger.confirm(141n);
    expect(ledger.tested).toBe(23n);
    expect(ledger.report(1, report(0, 0n, [103n, 107n]))).toEqual({ accepted: true });
    expect(ranges(ledger)).toEqual([
      [100n, 107n],
      [141n, 142n],
    ]);
    expect(ledger.tested).toBe(8n);
  });

  it('lets a lost worker come back with nothing, to adopt', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    expect(() => ledger.readmit(0)).toThrow(/not lost/u);
    ledger.report(0, report(0, 2n));
    ledger.lose(0);
    ledger.readmit(0);
    expect(ledger.adopt(0, 0)).toEqual({ residue: 0, next: 2n });
    // One that was lost before it was ever dealt its residue comes back just so.
    ledger.lose(1);
    ledger.readmit(1);
    expect(ledger.adopt(1, 1)).toEqual({ residue: 1, next: 1n });
  });

  it('hands a residue over when its owner has given it back', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.release(0);
    expect(ledger.residues()[0]).toMatchObject({ status: 'releasing', owner: 0 });
    expect(() => ledger.adopt(1, 0)).toThrow(/still with worker 0/u);
    expect(ledger.report(0, report(0, 0n, [100n, 101n]))).toEqual({ accepted: true });
    expect(ledger.released(0, report(0, 2n))).toEqual({ accepted: true });
    expect(ledger.adopt(1, 0)).toEqual({ residue: 0, next: 2n });
  });

  it('orphans what is given back even when the last report of it is false', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.release(0);
    expect(ledger.released(0, report(0, 1n))).toMatchObject({ accepted: false, rejection: 'impossible' });
    expect(ledger.residues()[0]).toMatchObject({ status: 'orphaned', next: 0n });
    expect(ledger.released(0, report(0, 2n))).toMatchObject({ accepted: false, rejection: 'not-owner' });
    expect(ledger.released(1, report(1, 3n))).toMatchObject({ accepted: false, rejection: 'not-owner' });
    expect(ledger.residues()[1]).toMatchObject({ status: 'reserved', owner: 1 });
  });

  it('lets a ready worker take the residue of one on its way, which then gets an empty job', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    expect(ledger.adopt(0, 1)).toEqual({ residue: 1, next: 1n });
    expect(ledger.deal(1)).toEqual([]);
    expect(() => ledger.adopt(1, 1)).toThrow(/still with worker 0/u);
  });

  it('counts a verified hit, whoever has its residue, once', () => {
    const ledger = new Ledger(space, 2);
    expect([ledger.confirm(133n), ledger.confirm(133n), ledger.confirm(99n), ledger.confirm(145n)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    ledger.deal(1);
    ledger.report(1, report(1, 3n, [131n, 134n]));
    expect(ranges(ledger)).toEqual([
      [110n, 120n],
      [131n, 134n],
    ]);
    ledger.report(1, report(1, 5n));
    ledger.confirm(133n);
    expect(ledger.tested).toBe(20n);
  });

  it('with a bound, has no work above it, and the bound only goes down', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.lower(124n);
    ledger.lower(130n);
    expect(ledger.bound).toBe(124n);
    ledger.report(1, report(1, 3n));
    ledger.report(0, report(0, 2n, [120n, 123n]));
    expect(ledger.residues().map(({ left }) => left)).toEqual([1, 0]);
    expect(ledger.complete()).toBe(false);
    ledger.report(0, report(0, 2n, [120n, 124n]));
    expect([ledger.complete(), ledger.complete(space.limit)]).toEqual([true, false]);
    expect(ledger.residues().map(({ left }) => left)).toEqual([0, 0]);
  });

  it.each<[string, number, ReturnType<typeof report>, string]>([
    ['a residue of another', 0, report(1, 3n), 'not-owner'],
    ['a residue nobody was dealt', 2, report(2, 5n), 'not-owner'],
    ['a residue that does not exist', 0, report(3, 3n), 'impossible'],
    ['a residue that is no index', 0, report(0.5, 3n), 'impossible'],
    ['a negative residue', 0, report(-1, 3n), 'impossible'],
    ['a chunk of another residue', 0, report(0, 4n), 'impossible'],
    ['a negative chunk', 0, report(0, -3n), 'impossible'],
    ['a chunk beyond the end', 0, report(0, 12n), 'impossible'],
    ['a range of another residue', 0, report(0, 3n, [140n, 141n]), 'impossible'],
    ['a range that reaches into another residue', 0, report(0, 3n, [138n, 141n]), 'impossible'],
    ['a range over several chunks', 0, report(0, 3n, [130n, 170n]), 'impossible'],
    ['a range below its next chunk', 0, report(0, 3n, [100n, 101n]), 'impossible'],
    ['a range below the space', 0, report(0, 3n, [0n, 10n]), 'impossible'],
    ['a negative range', 0, report(0, 3n, [-9n, -1n]), 'impossible'],
    ['a range above the space', 0, report(0, 3n, [160n, 166n]), 'impossible'],
    ['a range after the end', 0, report(0, 9n, [160n, 161n]), 'impossible'],
    ['an empty range', 0, report(0, 3n, [131n, 131n]), 'impossible'],
    ['a reversed range', 0, report(0, 3n, [133n, 131n]), 'impossible'],
    ['one false range among true ones', 0, report(0, 3n, [131n, 132n], [141n, 142n]), 'impossible'],
    [
      'too many ranges',
      0,
      report(0, 3n, ...Array.from({ length: maximumPieces + 1 }, (): Range => [131n, 132n])),
      'impossible',
    ],
  ])('refuses %s, and changes nothing', (_, worker, forged, rejection) => {
    // Chunks of 10 from 100 to 164: residue 0 of 3 has chunks 0, 3 and 6, and ends with 9.
    const ledger = new Ledger({ from: 100n, limit: 165n, chunk: 10n }, 3);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(0, report(0, 3n, [130n, 131n]));
    const before = ledger.coverage();
    expect(ledger.report(worker, forged)).toMatchObject({ accepted: false, rejection });
    expect(ledger.coverage()).toEqual(before);
  });

  it('refuses what a lost worker says late', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.lose(0);
    expect(ledger.report(0, report(0, 2n))).toMatchObject({ rejection: 'not-owner' });
    expect(ledger.tested).toBe(0n);
  });

  it('takes the residue of a worker that never came, and lets it have nothing more', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    expect([ledger.lose(1), ledger.lose(1)]).toEqual([[1], []]);
    expect(() => ledger.deal(1)).toThrow(/dealt or lost before/u);
    expect(() => ledger.adopt(1, 1)).toThrow(/cannot adopt/u);
    expect(ledger.adopt(0, 1)).toEqual({ residue: 1, next: 1n });
  });

  it('counts what was tested before, whatever its chunks, and deals none of it', () => {
    // Chunks of 10 from 100 to 144: of residue 0 the chunk 120..129 and a bit is known, of residue 1 its last nonces.
    const known: Range[] = [
      [0n, 50n],
      [118n, 131n],
      [143n, 999n],
    ];
    const ledger = new Ledger(space, 2, known);
    expect(ledger.tested).toBe(15n);
    expect(ledger.deal(0)).toEqual([
      {
        residue: 0,
        next: 0n,
        done: [
          [118n, 131n],
          [143n, 145n],
        ],
      },
    ]);
    expect(ledger.report(0, report(0, 4n, [140n, 143n]))).toEqual({ accepted: true });
    expect(ledger.residues()[0]).toMatchObject({ next: 6n, left: 0 });
    expect(ledger.deal(1)).toEqual([{ residue: 1, next: 1n, done: [[118n, 131n]] }]);
    ledger.report(1, report(1, 5n));
    expect([ledger.complete(space.limit), ledger.tested, testedNow(ledger.coverage())]).toEqual([
      true,
      45n,
      30n,
    ]);
    expect(ledger.coverage().earlier).toEqual([
      ['118', '131'],
      ['143', '145'],
    ]);
    expect(new Ledger(space, 2, [[0n, 145n]]).complete()).toBe(true);
  });

  it('passes a range that was tested before at once, however many chunks are in it', () => {
    const limit = 2n ** 64n - 1n;
    const ledger = new Ledger({ from: 0n, limit, chunk: 1n }, 3, [[0n, limit - 4n]]);
    const nexts = new Set(ledger.residues().map(({ next }) => next));
    expect(nexts).toEqual(new Set([limit - 4n, limit - 3n, limit - 2n]));
    expect(ledger.tested).toBe(limit - 4n);
  });

  it('counts the first answer to what two have, and apart what both have done', () => {
    const ledger = new Ledger(space, 1);
    ledger.deal(0);
    const other = ledger.join();
    ledger.deal(other);
    ledger.report(0, report(0, 1n, [110n, 112n]));
    expect(ledger.coverage().doubled).toBeUndefined();
    ledger.take(0);
    // It is divided between the other one, which has 112..125 of it, and nobody.
    expect(ledger.divide(0, 14n)).toBe(1);
    expect(ledger.adopt(other, 0)).toMatchObject({ next: 1n, until: 126n });
    expect(ledger.report(other, report(0, 2n, [120n, 122n]))).toEqual({ accepted: true });
    expect([ledger.tested, ledger.coverage().doubled]).toEqual([22n, '0']);
    // Of what the first one tells now the other one has told 112..115, and nobody 124..127.
    expect(ledger.report(0, report(0, 1n, [110n, 116n], [124n, 128n]))).toEqual({ accepted: true });
    expect([ledger.tested, ledger.coverage().doubled]).toEqual([26n, '4']);
    // Then the other one has done 124 and 125 too.
    expect(ledger.report(other, report(0, 3n))).toEqual({ accepted: true });
    expect([ledger.tested, ledger.coverage().doubled]).toEqual([28n, '6']);
    expect(ranges(ledger)).toEqual([[100n, 128n]]);
    expect([ledger.claimed(0), ledger.claimed(other)]).toEqual([16n, 12n]);
    // Another controller takes it the same way, but for what it cannot have been shown.
    const text = JSON.stringify(ledgerSnapshotValue(ledger.snapshot()));
    const snapshot = parseLedgerSnapshot(JSON.parse(text));
    const restored = snapshot && Ledger.restore(snapshot);
    expect(restored && JSON.stringify(ledgerSnapshotValue(restored.snapshot()))).toBe(text);
    expect(restored?.rivals.of(0)).toEqual([0]);
    expect(restored?.report(0, report(0, 1n, [110n, 116n], [124n, 130n]))).toEqual({ accepted: true });
    expect([restored?.tested, restored?.claimed(0), restored?.coverage().doubled]).toEqual([30n, 0n, '6']);
    // It is not asked any more once it has given it back.
    expect(ledger.report(0, report(0, 9n))).toMatchObject({ rejection: 'impossible' });
    expect(ledger.released(0, report(0, 1n, [110n, 116n], [124n, 130n]))).toEqual({ accepted: true });
    expect([ledger.tested, ledger.rivals.of(0)]).toEqual([30n, []]);
    expect(ledger.released(0, report(0, 3n))).toMatchObject({ rejection: 'not-owner' });
    // What it is not believed others do, also where the other one has done it again.
    ledger.lose(0);
    ledger.withdraw(0);
    ledger.lose(other);
    expect(ranges(ledger)).toEqual([[112n, 124n]]);
  });

  it('divides a share of which a part is given back, and knows both as one residue', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.release(0);
    // Of 100..109, 120..129 and 140..144 it has tested 100..111, has begun 120..123, and keeps up to 125.
    expect(ledger.shares.nonceAfter(0, 16n)).toBe(126n);
    expect(ledger.returned(1, 0, 126n)).toBe(false);
    expect(ledger.returned(0, 0, 126n)).toBe(true);
    expect(ledger.report(0, report(0, 2n, [120n, 122n]))).toEqual({ accepted: true });
    expect(ledger.residues()).toMatchObject([
      { residue: 0, status: 'held', owner: 0, left: 4 },
      { residue: 1, left: 20 },
      { residue: 2, status: 'orphaned', next: 2n, left: 9 },
    ]);
    expect(ledger.adopt(1, 2)).toEqual({ residue: 2, next: 2n, from: 126n });
    expect(ledger.report(1, report(2, 2n, [126n, 128n]))).toEqual({ accepted: true });
    // Each is held to what is its own.
    expect(ledger.report(0, report(0, 2n, [126n, 127n]))).toMatchObject({ rejection: 'impossible' });
    expect(ledger.report(1, report(2, 2n, [125n, 127n]))).toMatchObject({ rejection: 'impossible' });
    expect(ledger.coverage().residues).toEqual([
      {
        residue: 0,
        next: '2',
        done: [
          ['120', '122'],
          ['126', '128'],
        ],
      },
      { residue: 1, next: '1', done: [] },
    ]);
    ledger.report(1, report(2, 4n, [140n, 141n]));
    expect(ledger.coverage().residues).toEqual([
      { residue: 0, next: '2', done: [['120', '122']], until: '126' },
      { residue: 0, next: '4', done: [['140', '141']], from: '126' },
      { residue: 1, next: '1', done: [] },
    ]);
    ledger.report(0, report(0, 4n));
    expect(ledger.coverage().residues[0]).toEqual({ residue: 0, next: '4', done: [['140', '141']] });
    expect(ledger.confirm(144n)).toBe(true);
    expect(ranges(ledger)).toEqual([
      [100n, 110n],
      [120n, 130n],
      [140n, 141n],
      [144n, 145n],
    ]);
  });

  it('takes one worker more, which has nothing of its own', () => {
    const ledger = new Ledger(space, 2);
    ledger.deal(0);
    expect(ledger.join()).toBe(2);
    expect(() => ledger.adopt(2, 1)).toThrow(/cannot adopt/u);
    expect(ledger.deal(2)).toEqual([]);
    ledger.lose(1);
    expect(ledger.adopt(2, 1)).toEqual({ residue: 1, next: 1n });
    expect(ledger.report(2, report(1, 3n))).toEqual({ accepted: true });
    expect(ledger.coverage().stride).toBe(2);
    expect(() => ledger.deal(3)).toThrow(/dealt or lost before/u);
  });

  it('is strict with its caller', () => {
    expect(() => new Ledger(space, 0)).toThrow(RangeError);
    expect(() => new Ledger(space, 1.5)).toThrow(RangeError);
    const ledger = new Ledger(space, 2);
    expect(() => ledger.adopt(0, 0)).toThrow(/cannot adopt/u);
    expect(() => ledger.release(0)).toThrow(/reserved, not held/u);
    expect(() => ledger.release(2)).toThrow(RangeError);
    ledger.deal(0);
    expect(() => ledger.deal(0)).toThrow(/dealt or lost before/u);
  });

  it('stays small and quick over 10^18 chunks', () => {
    const limit = 2n ** 64n - 1n;
    const ledger = new Ledger({ from: 0n, limit, chunk: 1n }, 2);
    ledger.deal(0);
    ledger.deal(1);
    ledger.report(0, report(0, limit + 1n));
    ledger.report(1, report(1, limit - 2n));
    expect(ledger.tested).toBe(limit - 1n);
    expect(ranges(ledger)).toEqual([
      [0n, limit - 2n],
      [limit - 1n, limit],
    ]);
  });

  it('does not walk through the chunks of a long range when one worker has them all', () => {
    const limit = 2n ** 64n - 1n;
    const ledger = new Ledger({ from: 5n, limit, chunk: 9n }, 1);
    ledger.deal(0);
    expect(ledger.report(0, report(0, 0n, [5n, limit - 7n]))).toEqual({ accepted: true });
    expect(ledger.residues()[0]?.next).toBe((limit - 7n - 5n) / 9n);
    ledger.report(0, report(0, 0n, [5n, limit]));
    expect([ledger.complete(space.limit), ledger.tested]).toEqual([true, limit - 5n]);
    expect(ranges(ledger)).toEqual([[5n, limit]]);
  });
});
