import { describe, expect, it } from 'vitest';
import { parseAgentMessage } from '../../src/engine/agents/agent-message.ts';
import { Ledger } from '../../src/search/ledger.ts';
import { ledgerSnapshotValue, parseLedgerSnapshot } from '../../src/search/ledger-snapshot.ts';

// That a search goes on from a snapshot as if nothing had happened is in search.test.ts.

function text(): string {
  const ledger = new Ledger({ from: 100n, limit: 145n, chunk: 10n }, 2, [[0n, 101n]]);
  ledger.deal(0);
  ledger.report(0, { residue: 0, next: 0n, done: [[105n, 107n]] });
  ledger.lower(140n);
  return JSON.stringify(ledgerSnapshotValue(ledger.snapshot()));
}

/** The snapshot with something else in it. */
function forged(
  change: (snapshot: Record<string, unknown>, first: Record<string, unknown>) => void,
): unknown {
  const snapshot = JSON.parse(text()) as { residues: Record<string, unknown>[] } & Record<string, unknown>;
  change(snapshot, snapshot.residues[0] ?? {});
  return snapshot;
}

describe('a snapshot', () => {
  it('is JSON with every nonce as a decimal string, and a ledger again', () => {
    const snapshot = parseLedgerSnapshot(JSON.parse(text()));
    if (!snapshot) throw new Error('it is none');
    const ledger = Ledger.restore(snapshot);
    expect(ledger.tested).toBe(3n);
    expect(ledger.bound).toBe(140n);
    expect(ledger.shares.assignments(0)).toEqual([
      {
        residue: 0,
        next: 0n,
        status: 'held',
        done: [
          [100n, 101n],
          [105n, 107n],
        ],
      },
    ]);
    expect(JSON.stringify(ledgerSnapshotValue(ledger.snapshot()))).toBe(text());
  });

  it('is read of a residue that was divided very often, and so are reports of its parts', () => {
    const ledger = new Ledger({ from: 0n, limit: 10_000_000n, chunk: 10_000n }, 1000);
    let share: number | undefined = 0;
    for (let part = 0; part < 1100 && share !== undefined; part++) share = ledger.divide(share, 1n);
    expect(share).toBe(1_100_000);
    const snapshot = parseLedgerSnapshot(JSON.parse(JSON.stringify(ledgerSnapshotValue(ledger.snapshot()))));
    expect(snapshot && Ledger.restore(snapshot).residues()).toHaveLength(2100);
    const report = { residue: 1_100_000, next: '0', done: [['1100', '2000']] };
    const progress = { event: 'progress', residues: [report], hashes: 900, rate: 900 };
    expect(parseAgentMessage(JSON.stringify(progress))).toMatchObject({ residues: [{ residue: 1_100_000 }] });
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['numbers for nonces', forged((_, first) => (first['next'] = 0))],
    ['an endless number', forged((_, first) => (first['next'] = '1'.repeat(30)))],
    ['an empty space', forged((snapshot) => (snapshot['space'] = { from: '5', limit: '5', chunk: '1' }))],
    ['chunks of nothing', forged((snapshot) => (snapshot['space'] = { from: '0', limit: '5', chunk: '0' }))],
    ['an unknown status', forged((_, first) => (first['status'] = 'mine'))],
    [
      'endless ranges',
      forged((_, first) => (first['done'] = Array.from({ length: 70_000 }, () => ['1', '2']))),
    ],
  ])('is not parsed of %s', (_, value) => {
    expect(parseLedgerSnapshot(value)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['too few residues', forged((snapshot) => (snapshot['residues'] = []))],
    ['too few workers', forged((snapshot) => (snapshot['workers'] = ['new']))],
    ['a residue that there is not', forged((_, first) => (first['residue'] = 7))],
    ['a chunk of another residue', forged((_, first) => (first['next'] = '1'))],
    ['a range outside the space', forged((_, first) => (first['done'] = [['1', '2']]))],
    ['an owner that there is not', forged((_, first) => (first['owner'] = 5))],
    ['an orphan with an owner', forged((_, first) => (first['status'] = 'orphaned'))],
    [
      'a base of another residue',
      forged((_, first) => (first['base'] = { residue: 1, next: '1', done: [] })),
    ],
  ])('is not restored with %s', (_, value) => {
    const snapshot = parseLedgerSnapshot(value);
    if (!snapshot) throw new Error('it does not even parse');
    expect(() => Ledger.restore(snapshot)).toThrow(RangeError);
  });
});
