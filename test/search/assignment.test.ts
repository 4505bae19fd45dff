import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, type Order, type Snapshot, type WorkerState } from '../../src/search/assignment.ts';
import type { ResidueState, ResidueStatus } from '../../src/search/search.ts';

function residue(
  index: number,
  status: ResidueStatus,
  owner?: number,
  more: Partial<ResidueState> = {},
): ResidueState {
  return { residue: index, next: BigInt(index), status, owner, work: true, ...more };
}

function workers(...states: WorkerState['state'][]): WorkerState[] {
  return states.map((state, worker) => ({ worker, state }));
}

function orders(snapshot: Omit<Snapshot, 'bounded'> & Partial<Snapshot>): string[] {
  return assign({ bounded: false, ...snapshot }).map((order) => Object.values(order).join(' '));
}

describe('assign', () => {
  it('has nothing to say while everyone searches what is theirs', () => {
    const residues = [residue(0, 'held', 0), residue(1, 'held', 1), residue(2, 'reserved', 2)];
    expect(orders({ residues, workers: workers('searching', 'searching', 'pending') })).toEqual([]);
  });

  it('gives orphans at once, idle workers first, then the least loaded, smallest nonces first', () => {
    const residues = [
      residue(0, 'held', 0),
      residue(1, 'orphaned', undefined, { next: 41n }),
      residue(2, 'orphaned', undefined, { next: 22n }),
      residue(3, 'held', 3, { work: false }),
      residue(4, 'orphaned', undefined, { next: 4n }),
    ];
    expect(orders({ residues, workers: workers('searching', 'lost', 'searching', 'idle') })).toEqual([
      'adopt 3 4',
      'adopt 2 2',
      'adopt 0 1',
    ]);
  });

  it('leaves orphans that are done, or that nobody can take', () => {
    expect(
      orders({
        residues: [residue(0, 'orphaned', undefined, { work: false })],
        workers: workers('lost', 'idle'),
      }),
    ).toEqual([]);
    expect(orders({ residues: [residue(0, 'orphaned')], workers: workers('lost', 'pending') })).toEqual([]);
  });

  it('gives an idle worker one residue of a pending one, the smallest', () => {
    const residues = [
      residue(0, 'held', 0, { work: false }),
      residue(1, 'reserved', 1),
      residue(2, 'reserved', 2),
      residue(3, 'held', 3),
    ];
    expect(orders({ residues, workers: workers('idle', 'pending', 'pending', 'searching') })).toEqual([
      'adopt 0 1',
    ]);
  });

  it('gives all residues of pending workers at once when there is a bound', () => {
    const residues = [
      residue(0, 'held', 0),
      residue(1, 'reserved', 1),
      residue(2, 'reserved', 2),
      residue(3, 'held', 3),
    ];
    const fleet = workers('searching', 'pending', 'pending', 'searching');
    expect(orders({ residues, workers: fleet, bounded: true })).toEqual(['adopt 0 1', 'adopt 3 2']);
  });

  it('asks the most loaded worker for its smallest residue when nothing else is left', () => {
    const residues = [
      residue(0, 'held', 0),
      residue(1, 'held', 0),
      residue(2, 'held', 1, { next: 12n }),
      residue(3, 'held', 1, { next: 8n }),
      residue(4, 'held', 1, { next: 4n, work: false }),
      residue(5, 'held', 1, { next: 20n }),
    ];
    expect(orders({ residues, workers: workers('searching', 'searching', 'idle') })).toEqual(['release 1 3']);
    expect(
      orders({ residues, workers: workers('searching', 'searching', 'idle', 'idle', 'idle', 'idle') }),
    ).toEqual(['release 1 3', 'release 0 0', 'release 1 2']);
  });

  it('does not ask again while a release is on its way', () => {
    const residues = [residue(0, 'held', 0), residue(1, 'held', 0), residue(2, 'releasing', 0)];
    expect(orders({ residues, workers: workers('searching', 'idle') })).toEqual([]);
    expect(orders({ residues, workers: workers('searching', 'idle', 'idle') })).toEqual(['release 0 0']);
  });

  it('does not take the only residue of a worker', () => {
    expect(orders({ residues: [residue(0, 'held', 0)], workers: workers('searching', 'idle') })).toEqual([]);
  });

  it('does not feed a worker that said idle before it heard of the residue it was given', () => {
    const residues = [residue(0, 'held', 1), residue(1, 'held', 0), residue(2, 'held', 0)];
    expect(orders({ residues, workers: workers('searching', 'idle') })).toEqual([]);
  });
});

const anySnapshot: fc.Arbitrary<Snapshot> = fc
  .record({
    states: fc.array(fc.constantFrom('pending', 'searching', 'idle', 'lost'), { minLength: 1, maxLength: 7 }),
    residues: fc.array(
      fc.record({
        status: fc.constantFrom('held', 'releasing', 'orphaned', 'reserved'),
        owner: fc.nat(6),
        next: fc.bigInt(0n, 9n),
        work: fc.boolean(),
      }),
      { maxLength: 9 },
    ),
    bounded: fc.boolean(),
  })
  .map(({ states, residues, bounded }) => ({
    bounded,
    workers: workers(...states),
    residues: residues.map((random, residue) => {
      // The ledger's promise: what is held has an owner that takes orders, what is reserved one that is pending.
      const owners = workers(...states).filter(({ state }) =>
        random.status === 'reserved' ? state === 'pending' : state === 'searching' || state === 'idle',
      );
      const owner = random.status === 'orphaned' ? undefined : owners[random.owner % owners.length]?.worker;
      return { ...random, residue, owner, status: owner === undefined ? 'orphaned' : random.status };
    }),
  }));

/** The world after orders: adopters search, and what is released is free at once. */
function carriedOut({ residues, workers, bounded }: Snapshot, orders: readonly Order[]): Snapshot {
  const of = (index: number) => orders.find(({ residue }) => residue === index);
  return {
    bounded,
    workers: workers.map((worker) =>
      orders.some(({ kind, worker: id }) => kind === 'adopt' && id === worker.worker)
        ? { ...worker, state: 'searching' }
        : worker,
    ),
    residues: residues.map((state) => {
      const order = of(state.residue);
      if (order?.kind === 'adopt') return { ...state, status: 'held', owner: order.worker };
      return order || state.status === 'releasing'
        ? { ...state, status: 'orphaned', owner: undefined }
        : state;
    }),
  };
}

describe('assign, for any snapshot', () => {
  it('gives no residue twice, takes none from a worker that searches it, and asks only those who have two', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const given = assign(snapshot);
        expect(new Set(given.map(({ residue }) => residue)).size).toBe(given.length);
        const releases = given.filter(({ kind }) => kind === 'release');
        for (const { kind, worker, residue } of given) {
          const state = snapshot.residues[residue];
          expect(state?.work).toBe(true);
          expect(['searching', 'idle']).toContain(snapshot.workers[worker]?.state);
          expect(kind === 'adopt' ? ['orphaned', 'reserved'] : ['held']).toContain(state?.status);
          expect(kind === 'adopt' || state?.owner === worker).toBe(true);
        }
        const asked = snapshot.residues.filter(({ status }) => status === 'releasing').length;
        const idle = snapshot.workers.filter(({ state }) => state === 'idle').length;
        expect(releases.length === 0 || releases.length + asked <= idle).toBe(true);
        for (const { worker } of snapshot.workers) {
          const held = snapshot.residues.filter(
            ({ owner, status, work }) => owner === worker && status === 'held' && work,
          ).length;
          const adopts = given.filter(({ kind, worker: id }) => kind === 'adopt' && id === worker).length;
          const asks = releases.filter(({ worker: id }) => id === worker).length;
          expect(asks === 0 || held + adopts - asks >= 1).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which residues and workers are listed', () => {
    fc.assert(
      fc.property(anySnapshot, ({ residues, workers, bounded }) => {
        const reversed = { residues: residues.toReversed(), workers: workers.toReversed(), bounded };
        expect(assign(reversed)).toEqual(assign({ residues, workers, bounded }));
      }),
    );
  });

  it('comes to rest, with no orphan left and no worker idle while another has two', () => {
    fc.assert(
      fc.property(anySnapshot, (start) => {
        let snapshot = start;
        let rounds = 0;
        for (let given = assign(snapshot); given.length > 0; given = assign(snapshot)) {
          snapshot = carriedOut(snapshot, given);
          expect(++rounds).toBeLessThan(20);
        }
        // What was asked for before the first round comes back, too.
        snapshot = carriedOut(snapshot, []);
        for (let given = assign(snapshot); given.length > 0; given = assign(snapshot)) {
          snapshot = carriedOut(snapshot, given);
          expect(++rounds).toBeLessThan(40);
        }
        const ready = snapshot.workers.filter(({ state }) => state === 'searching' || state === 'idle');
        const work = snapshot.residues.filter((state) => state.work);
        const loads = ready.map(({ worker, state }) => ({
          state,
          load: work.filter(({ owner, status }) => owner === worker && status === 'held').length,
        }));
        const hungry = loads.some(({ state, load }) => state === 'idle' && load === 0);
        const left = (status: ResidueStatus) => work.some((residue) => residue.status === status);
        expect(ready.length > 0 && left('orphaned')).toBe(false);
        expect(ready.length > 0 && (snapshot.bounded || hungry) && left('reserved')).toBe(false);
        expect(hungry && loads.some(({ load }) => load >= 2)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
