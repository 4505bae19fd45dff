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
  return { residue: index, next: BigInt(index), status, owner, left: 100, ...more };
}

/** Workers that test 10 nonces a second each. */
function workers(...states: WorkerState['state'][]): WorkerState[] {
  return states.map((state, worker) => ({ worker, state, speed: 10, ahead: 0 }));
}

function orders(snapshot: Omit<Snapshot, 'bounded'> & Partial<Snapshot>): string[] {
  return assign({ bounded: false, ...snapshot }).map((order) => Object.values(order).join(' '));
}

describe('assign', () => {
  it('has nothing to say while everyone searches what is theirs', () => {
    const residues = [residue(0, 'held', 0), residue(1, 'held', 1), residue(2, 'reserved', 2)];
    expect(orders({ residues, workers: workers('searching', 'searching', 'pending') })).toEqual([]);
  });

  it('gives orphans at once to who has nothing left, else to who ends soonest, smallest nonces first', () => {
    const residues = [
      residue(0, 'held', 0, { left: 500 }),
      residue(1, 'orphaned', undefined, { next: 41n }),
      residue(2, 'orphaned', undefined, { next: 22n }),
      residue(3, 'held', 3, { left: 0 }),
      residue(4, 'orphaned', undefined, { next: 4n }),
    ];
    const all = workers('searching', 'lost', 'searching', 'idle');
    expect(orders({ residues, workers: all })).toEqual([
      'adopt 2 4 50',
      'adopt 3 4',
      'adopt 2 2',
      'adopt 3 1',
    ]);
    const fast = all.map((worker) => ({ ...worker, speed: worker.worker === 0 ? 1000 : 10 }));
    const busy = [...residues, residue(5, 'held', 2), residue(6, 'held', 3)];
    expect(orders({ residues: busy, workers: fast })).toContain('adopt 0 1');
  });

  it('leaves orphans that are done, or that nobody can take', () => {
    expect(
      orders({
        residues: [residue(0, 'orphaned', undefined, { left: 0 })],
        workers: workers('lost', 'idle'),
      }),
    ).toEqual([]);
    expect(orders({ residues: [residue(0, 'orphaned')], workers: workers('lost', 'pending') })).toEqual([]);
  });

  it('gives an idle worker one residue of a pending one, the smallest', () => {
    const residues = [
      residue(0, 'held', 0, { left: 0 }),
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

  it('leaves what is reserved for a worker that does not answer, and may be searching it', () => {
    const residues = [residue(0, 'held', 0, { left: 0 }), residue(1, 'reserved', 1)];
    const fleet = workers('idle', 'away');
    expect(orders({ residues, workers: fleet })).toEqual([]);
    expect(orders({ residues, workers: fleet, bounded: true })).toEqual([]);
  });

  it('takes from who would end last what can be done by the end that all can have together', () => {
    const residues = [residue(0, 'held', 0, { left: 300 }), residue(1, 'held', 1, { left: 90 })];
    const all = workers('searching', 'searching', 'idle');
    // 300 by two workers: 15 s. The other ends before that anyway.
    expect(orders({ residues, workers: all })).toEqual(['release 0 0 150']);
    const fast = all.map((worker) => ({ ...worker, speed: worker.worker === 2 ? 1000 : 10 }));
    expect(orders({ residues, workers: fast })).toEqual(['release 0 0 4', 'release 1 1 4']);
    // What it has done since it last said something does not count.
    const ahead = all.map((worker) => ({ ...worker, ahead: worker.worker === 0 ? 100 : 0 }));
    expect(orders({ residues, workers: ahead })).toEqual(['release 0 0 200']);
    // Of several it is what it would do last.
    const two = [residue(0, 'held', 0), residue(2, 'held', 0, { left: 200 }), residue(1, 'held', 1)];
    expect(orders({ residues: two, workers: all })).toEqual(['release 0 2 50']);
  });

  it('gives more to a worker that will soon have nothing left, before it has nothing left', () => {
    const residues = [residue(0, 'held', 0, { left: 300 }), residue(1, 'held', 1, { left: 8 })];
    expect(orders({ residues, workers: workers('searching', 'searching') })).toEqual(['release 0 0 154']);
    const later = [residue(0, 'held', 0, { left: 300 }), residue(1, 'held', 1, { left: 11 })];
    expect(orders({ residues: later, workers: workers('searching', 'searching') })).toEqual([]);
  });

  it('does not ask again while a release is on its way', () => {
    const residues = [residue(0, 'held', 0), residue(1, 'held', 0), residue(2, 'releasing', 0)];
    expect(orders({ residues, workers: workers('searching', 'idle', 'idle') })).toEqual([]);
  });

  it('does not wait for the answer of one that is away', () => {
    const residues = [residue(0, 'held', 0), residue(1, 'releasing', 2)];
    expect(orders({ residues, workers: workers('searching', 'idle', 'away') })).toEqual(['release 0 0 50']);
  });

  it('takes what one that is away has when all others have nothing left, and not before', () => {
    const residues = [residue(0, 'held', 0, { left: 0 }), residue(1, 'held', 1), residue(2, 'releasing', 1)];
    const states = (first: 'idle' | 'searching') => workers(first, 'away', 'idle');
    expect(orders({ residues, workers: states('idle') })).toEqual(['take 1 1', 'take 1 2']);
    const busy = [residue(0, 'held', 0, { left: 4 }), ...residues.slice(1)];
    expect(orders({ residues: busy, workers: states('searching') })).toEqual([]);
    expect(orders({ residues, workers: workers('idle', 'pending', 'idle') })).toEqual([]);
  });

  it('moves nothing for an end that is hardly sooner', () => {
    const residues = [residue(0, 'held', 0, { left: 4 })];
    expect(orders({ residues, workers: workers('searching', 'idle') })).toEqual([]);
    // One that is measured to be a hundred times slower has nothing to give to.
    const slow = workers('searching', 'idle').map((worker) => ({
      ...worker,
      speed: worker.worker === 1 ? 0.1 : 10,
    }));
    expect(orders({ residues: [residue(0, 'held', 0)], workers: slow })).toEqual([]);
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
        left: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 })),
      }),
      { maxLength: 9 },
    ),
    speeds: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 7, maxLength: 7 }),
    bounded: fc.boolean(),
  })
  .map(({ states, residues, speeds, bounded }) => ({
    bounded,
    workers: workers(...states).map((worker) => ({ ...worker, speed: speeds[worker.worker] ?? 0 })),
    residues: residues.map((random, residue) => {
      // The ledger's promise: what is held has an owner that takes orders, what is reserved one that is pending.
      const owners = workers(...states).filter(({ state }) =>
        random.status === 'reserved' ? state === 'pending' : state === 'searching' || state === 'idle',
      );
      const owner = random.status === 'orphaned' ? undefined : owners[random.owner % owners.length]?.worker;
      return { ...random, residue, owner, status: owner === undefined ? 'orphaned' : random.status };
    }),
  }));

/** The world after orders: adopters search, what is released is free at once, and what is divided has a new number. */
function carriedOut({ residues, workers, bounded }: Snapshot, orders: readonly Order[]): Snapshot {
  const shares = new Map(residues.map((share) => [share.residue, share]));
  const rests = new Map<number, number>();
  const divide = (share: ResidueState, keep: number): void => {
    const number = Math.max(...shares.keys()) + 1;
    shares.set(number, {
      ...share,
      residue: number,
      left: share.left - keep,
      status: 'orphaned',
      owner: undefined,
    });
    rests.set(share.residue, number);
  };
  for (const order of orders) {
    const number = (order.kind === 'adopt' && rests.get(order.residue)) || order.residue;
    const share = shares.get(number);
    if (!share) throw new Error('there is no such share');
    if (order.kind === 'take') throw new Error('nobody is away');
    if (order.kind === 'release') {
      divide(share, order.keep);
      shares.set(number, { ...share, left: order.keep });
      continue;
    }
    const count = Math.min(order.count ?? share.left, share.left);
    if (order.count !== undefined) divide({ ...share, residue: order.residue }, count);
    shares.set(number, { ...share, left: count, status: 'held', owner: order.worker });
  }
  const adopters = new Set(orders.flatMap(({ kind, worker }) => (kind === 'adopt' ? [worker] : [])));
  return {
    bounded,
    workers: workers.map((one) => (adopters.has(one.worker) ? { ...one, state: 'searching' } : one)),
    residues: [...shares.values()].map((share) =>
      share.status === 'releasing' ? { ...share, status: 'orphaned', owner: undefined } : share,
    ),
  };
}

describe('assign, for any snapshot', () => {
  it('gives nothing twice, and nothing of what somebody searches who is not asked first', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const given = assign(snapshot);
        const last = new Map(given.map((order) => [order.residue, order]));
        for (const order of given) {
          const state = snapshot.residues[order.residue];
          expect(state?.left).toBeGreaterThan(0);
          expect(['searching', 'idle']).toContain(snapshot.workers[order.worker]?.state);
          expect(order.kind === 'adopt' ? ['orphaned', 'reserved'] : ['held']).toContain(state?.status);
          expect(order.kind === 'adopt' || state?.owner === order.worker).toBe(true);
          // Only the last one takes all that is left of a share.
          expect(order.kind === 'adopt' && order.count !== undefined).toBe(last.get(order.residue) !== order);
          if (order.kind === 'release') expect(order.keep).toBeLessThan(state?.left ?? 0);
        }
        const isAsking = snapshot.residues.some(({ status, left }) => status === 'releasing' && left > 0);
        expect(isAsking && given.some(({ kind }) => kind === 'release')).toBe(false);
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

  it('comes to rest even if nobody does anything, with no orphan left and all that have work ending about together', () => {
    fc.assert(
      fc.property(anySnapshot, (start) => {
        let snapshot = start;
        let rounds = 0;
        let count = 0;
        // What was asked for before comes back, too.
        for (let given = assign(snapshot), free = true; given.length > 0 || free; given = assign(snapshot)) {
          snapshot = carriedOut(snapshot, given);
          free = false;
          count += given.length;
          expect(++rounds).toBeLessThan(30);
        }
        expect(count).toBeLessThan(100);
        const ready = snapshot.workers.filter(({ state }) => state === 'searching' || state === 'idle');
        const work = snapshot.residues.filter(({ left }) => left > 0);
        const isLeft = (status: ResidueStatus) => work.some((share) => share.status === status);
        const isHungry = ({ worker }: WorkerState) => !work.some(({ owner }) => owner === worker);
        expect(ready.length > 0 && isLeft('orphaned')).toBe(false);
        expect(ready.length > 0 && snapshot.bounded && isLeft('reserved')).toBe(false);
        expect(ready.some(isHungry) && isLeft('reserved')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
