import assert from 'node:assert/strict';
import { assign, type WorkerState } from '../../src/search/assignment.ts';
import { chunkCount, chunkOf, chunkRange, chunkStart } from '../../src/search/chunk.ts';
import { Ledger } from '../../src/search/ledger.ts';
import type { ReportResult } from '../../src/search/report-result.ts';
import { ledgerSnapshotValue, parseLedgerSnapshot } from '../../src/search/ledger-snapshot.ts';
import type { Assignment, Range, ResidueReport, Space } from '../../src/search/search.ts';
import { asRanges, nonces, rangesOf } from './arbitrary.ts';

type ToWorker =
  | { readonly order: 'adopt'; readonly assignment: Assignment }
  | { readonly order: 'release'; readonly residue: number; readonly from: bigint }
  | { readonly order: 'bound'; readonly nonce: bigint };

type ToController =
  | { readonly event: 'progress'; readonly reports: readonly Told[] }
  | { readonly event: 'released'; readonly reports: readonly [Told]; readonly from: bigint }
  | { readonly event: 'idle' };

/** A report, and the nonces it stands for: what the agent has really tested, written out. */
interface Told {
  readonly report: ResidueReport;
  readonly nonces: readonly bigint[];
}

interface Held {
  readonly next: bigint;
  readonly from: bigint;
  until: bigint;
  readonly done: ReadonlySet<bigint>;
  readonly tested: Set<bigint>;
}

/** An honest agent: it keeps every nonce it has tested, and speaks the protocol of docs/agent.md. */
class Agent {
  readonly space: Space;
  readonly stride: bigint;
  readonly inbox: ToWorker[] = [];
  readonly outbox: ToController[] = [];
  readonly holds = new Map<number, Held>();
  #bound: bigint;
  #saidIdle = false;

  constructor(space: Space, stride: bigint) {
    this.space = space;
    this.stride = stride;
    this.#bound = space.limit;
  }

  obey(): void {
    const message = this.inbox.shift();
    if (!message) return;
    if (message.order === 'bound') {
      if (message.nonce < this.#bound) this.#bound = message.nonce;
    } else if (message.order === 'adopt') {
      const { from, limit } = this.space;
      const { residue, next, done = [], from: begin = from, until = limit } = message.assignment;
      const own = { next, from: begin, until, done: new Set(nonces(done)), tested: new Set<bigint>() };
      this.holds.set(residue, own);
      this.#saidIdle = false;
    } else {
      const held = this.holds.get(message.residue);
      assert.ok(held);
      // What it has begun it keeps: everything up to the last nonce it has tested.
      const last = Math.max(-1, ...[...held.tested].map((nonce) => Number(nonce - this.space.from)));
      const begun = this.space.from + BigInt(last) + 1n;
      const from = begun > message.from ? begun : message.from;
      if (from < held.until) held.until = from;
      this.outbox.push({ event: 'released', reports: [this.#tell(message.residue)], from: held.until });
    }
  }

  /** Tests up to `size` nonces in a row, somewhere in what it holds: kernels finish in any order. */
  search(choice: number, size: number): bigint[] {
    const open = [...this.holds].flatMap(([residue, { tested }]) => {
      return this.#nonces(residue).filter((nonce) => nonce < this.#bound && !tested.has(nonce));
    });
    const start = open.length === 0 ? 0 : choice % open.length;
    const slice = open.slice(start, start + size);
    for (const nonce of slice)
      for (const [residue, { tested }] of this.holds)
        if (this.#nonces(residue).includes(nonce)) tested.add(nonce);
    return slice;
  }

  report(): void {
    this.outbox.push({
      event: 'progress',
      reports: [...this.holds.keys()].map((residue) => this.#tell(residue)),
    });
  }

  sayIdle(): void {
    const open = [...this.holds].some(([residue, { tested }]) =>
      this.#nonces(residue).some((nonce) => nonce < this.#bound && !tested.has(nonce)),
    );
    if (open || this.#saidIdle) return;
    this.#saidIdle = true;
    this.report();
    this.outbox.push({ event: 'idle' });
  }

  /** Everything of a share that it was told to do. */
  #nonces(residue: number): bigint[] {
    const held = this.holds.get(residue);
    const all: bigint[] = [];
    if (!held) return all;
    for (let c = held.next; c < chunkCount(this.space); c += this.stride)
      all.push(...nonces([chunkRange(this.space, c)]).filter((n) => held.from <= n && n < held.until));
    return all.filter((nonce) => !held.done.has(nonce));
  }

  #tell(residue: number): Told {
    const held = this.holds.get(residue);
    if (!held) throw new Error(`asked for residue ${residue}, which it does not hold`);
    const isDone = (chunk: bigint) =>
      nonces([chunkRange(this.space, chunk)])
        .filter((n) => held.from <= n && n < held.until)
        .every((n) => held.tested.has(n) || held.done.has(n));
    let next = held.next;
    while (next < chunkCount(this.space) && chunkStart(this.space, next) < held.until && isDone(next))
      next += this.stride;
    const above = [...held.tested].filter((nonce) => nonce >= chunkStart(this.space, next));
    return { report: { residue, next, done: asRanges(above) }, nonces: [...held.tested] };
  }
}

/** A controller with its ledger and policy, the agents of a fleet, and messages that are late, all checked at each step. */
export class Simulation {
  readonly space: Space;
  readonly count: number;
  readonly agents: readonly Agent[];
  readonly states: WorkerState['state'][];
  readonly seen = { adoptions: 0, releases: 0, lateReports: 0 };
  #ledger: Ledger;
  /** What was tested before. */
  readonly #before = new Set<bigint>();
  /** What the reports that had to be accepted stand for: the coverage as a plain set. */
  readonly #counted = new Set<bigint>();
  /** What has really been tested by anyone. */
  readonly #truth = new Set<bigint>();
  /** Who has each share, by the words that were exchanged. */
  readonly #owner = new Map<number, number>();

  /** @param done what was tested before. */
  constructor(space: Space, count: number, done: readonly Range[] = []) {
    this.space = space;
    this.count = count;
    this.#ledger = new Ledger(space, count, done);
    for (const nonce of nonces(done)) if (nonce >= space.from && nonce < space.limit) this.#before.add(nonce);
    for (const nonce of this.#before) {
      this.#truth.add(nonce);
      this.#counted.add(nonce);
    }
    this.agents = Array.from({ length: count }, () => new Agent(space, BigInt(count)));
    this.states = Array.from({ length: count }, () => 'pending');
  }

  deal(worker: number): void {
    if (this.states[worker] !== 'pending') return;
    this.states[worker] = 'searching';
    for (const assignment of this.#ledger.deal(worker)) this.#hand(worker, assignment);
    if (this.#ledger.bound !== undefined)
      this.#agent(worker).inbox.push({ order: 'bound', nonce: this.#ledger.bound });
    this.#reassign();
  }

  /** A worker dies, but what it has already said may still arrive. The last one stays. */
  lose(worker: number): void {
    if (this.states[worker] === 'lost' || this.states.filter((state) => state !== 'lost').length === 1)
      return;
    this.states[worker] = 'lost';
    this.#ledger.lose(worker);
    this.#agent(worker).holds.clear();
    this.#agent(worker).inbox.length = 0;
    for (const [residue, owner] of this.#owner) if (owner === worker) this.#owner.delete(residue);
    this.#reassign();
  }

  /** The controller is another process from now on, which knows what the one before it noted. */
  resume(): void {
    const text = JSON.stringify(ledgerSnapshotValue(this.#ledger.snapshot()));
    const snapshot = parseLedgerSnapshot(JSON.parse(text));
    assert.ok(snapshot);
    this.#ledger = Ledger.restore(snapshot);
    assert.equal(JSON.stringify(ledgerSnapshotValue(this.#ledger.snapshot())), text);
  }

  obey(worker: number): void {
    if (this.#takesOrders(worker)) this.#agent(worker).obey();
  }

  search(worker: number, choice: number, size: number): void {
    if (!this.#takesOrders(worker)) return;
    for (const nonce of this.#agent(worker).search(choice, size)) {
      // What the controller knows to be done is not searched again, whoever has it now; a hit is only told to it.
      assert.equal(this.#before.has(nonce), false);
      this.#truth.add(nonce);
    }
  }

  report(worker: number): void {
    if (!this.#takesOrders(worker)) return;
    this.#agent(worker).report();
  }

  sayIdle(worker: number): void {
    // It has nothing to say before it has read its job.
    if (this.#takesOrders(worker) && this.#agent(worker).inbox.length === 0) this.#agent(worker).sayIdle();
  }

  /** The controller reads one message of a worker. */
  hear(worker: number): void {
    const message = this.#agent(worker).outbox.shift();
    if (!message) return;
    if (message.event === 'idle') {
      if (this.states[worker] === 'searching') this.states[worker] = 'idle';
      this.#reassign();
      return;
    }
    for (const { report, nonces } of message.reports) {
      const isReturned: boolean =
        message.event === 'released' && this.#ledger.returned(worker, report.residue, message.from);
      const result: ReportResult =
        message.event === 'released' && !isReturned
          ? this.#ledger.released(worker, report)
          : this.#ledger.report(worker, report);
      const isOwner = this.#owner.get(report.residue) === worker;
      assert.equal(result.accepted, isOwner);
      if (!isOwner) {
        this.seen.lateReports++;
        continue;
      }
      for (const nonce of nonces) this.#counted.add(nonce);
    }
    if (message.event === 'released') this.#reassign();
  }

  /** Everything in its order, with nothing late: read the orders, search up to `size` nonces, say so. */
  turn(worker: number, size: number): void {
    while (this.#takesOrders(worker) && this.#agent(worker).inbox.length > 0) this.obey(worker);
    this.search(worker, 0, size);
    this.report(worker);
    this.sayIdle(worker);
    while (this.#agent(worker).outbox.length > 0) this.hear(worker);
  }

  /** A worker says something that it must not be believed. */
  lie(worker: number, residue: number, next: bigint, offset: bigint): void {
    const { from, limit, chunk } = this.space;
    const owns = this.#owner.get(residue) === worker && this.states[worker] !== 'lost';
    const before = this.#ledger.coverage();
    const stride = BigInt(this.count);
    const end = chunkCount(this.space) + stride + 1n;
    const lies: ResidueReport[] = owns
      ? [
          { residue, next: end + next, done: [] },
          { residue, next: BigInt(residue) - stride * (next + 1n), done: [] },
          { residue, next: BigInt(residue), done: [[from - offset - 1n, from]] },
          { residue, next: BigInt(residue), done: [[limit - 1n, limit + offset + 1n]] },
          ...(stride === 1n ? [] : [{ residue, next: BigInt(residue) + 1n, done: [] }]),
          ...(stride === 1n
            ? []
            : [{ residue, next: BigInt(residue), done: [[from, from + chunk + 1n] as const] }]),
        ]
      : [
          { residue, next: BigInt(residue) + stride * next, done: [] },
          { residue, next: BigInt(residue), done: [[chunkStart(this.space, BigInt(residue)), limit]] },
        ];
    for (const lie of lies) assert.equal(this.#ledger.report(worker, lie).accepted, false);
    assert.deepEqual(this.#ledger.coverage(), before);
  }

  /** The controller verifies a hit itself; in smallest mode nothing above it is worth searching any more. */
  hit(nonce: bigint, smallest: boolean): void {
    assert.equal(this.#ledger.confirm(nonce), true);
    this.#truth.add(nonce);
    this.#counted.add(nonce);
    if (!smallest) return;
    this.#ledger.lower(nonce);
    this.agents.forEach(({ inbox }, worker) => {
      if (this.#takesOrders(worker)) inbox.push({ order: 'bound', nonce: this.#ledger.bound ?? nonce });
    });
    this.#reassign();
  }

  /** Everyone who lives arrives, works, listens and reports until all is quiet. */
  finish(): void {
    for (let round = 0; ; round++) {
      assert.ok(round < 40 + 8 * this.count, 'it never becomes quiet');
      this.states.forEach((_, worker) => {
        this.deal(worker);
        this.turn(worker, Number(this.space.limit - this.space.from));
      });
      this.check();
      if (this.agents.every(({ inbox, outbox }) => inbox.length + outbox.length === 0)) break;
    }
    const end = this.#ledger.bound ?? this.space.limit;
    const missing = nonces([[this.space.from, end]]).filter((nonce) => !this.#counted.has(nonce));
    assert.deepEqual(missing, []);
    assert.equal(this.#ledger.complete(), true);
  }

  check(): void {
    const covered = rangesOf(this.#ledger.coverage());
    assert.deepEqual(covered, asRanges(this.#counted));
    assert.equal(this.#ledger.tested, BigInt(this.#counted.size));
    for (const nonce of this.#counted) assert.equal(this.#truth.has(nonce), true);

    const end = this.#ledger.bound ?? this.space.limit;
    const all = nonces([[this.space.from, end]]);
    assert.equal(
      this.#ledger.complete(),
      all.every((nonce) => this.#counted.has(nonce)),
    );
    const spans = new Map(this.#ledger.snapshot().residues.map((share) => [share.residue, share]));
    for (const { residue, left, owner, status } of this.#ledger.residues()) {
      const { from, until } = spans.get(residue) ?? { from: 0n, until: 0n };
      const own = all.filter(
        (nonce) =>
          Number(chunkOf(this.space, nonce) % BigInt(this.count)) === residue % this.count &&
          from <= nonce &&
          nonce < until,
      );
      assert.equal(left, own.filter((nonce) => !this.#counted.has(nonce)).length);
      if (status !== 'reserved') assert.equal(owner, this.#owner.get(residue));
      assert.ok(this.#searchers(residue) <= 1, `residue ${residue} is searched twice`);
    }
  }

  /** How many live agents search a residue, or will when they have read their orders. */
  #searchers(residue: number): number {
    return this.agents.filter(
      ({ holds, inbox }) =>
        holds.has(residue) ||
        inbox.some((message) => message.order === 'adopt' && message.assignment.residue === residue),
    ).length;
  }

  #reassign(): void {
    const workers = this.states.map((state, worker) => ({ worker, state, speed: 1, ahead: 0 }));
    const bounded = this.#ledger.bound !== undefined;
    const rests = new Map<number, number | undefined>();
    for (const order of assign({ residues: this.#ledger.residues(), workers, bounded })) {
      const { worker, residue } = order;
      if (order.kind === 'release') {
        this.seen.releases++;
        this.#ledger.release(residue);
        const from = this.#ledger.shares.nonceAfter(residue, BigInt(order.keep));
        this.#agent(worker).inbox.push({ order: 'release', residue, from });
        continue;
      }
      assert.equal(order.kind, 'adopt'); // nobody is away here
      this.seen.adoptions++;
      this.states[worker] = 'searching';
      const share = rests.has(residue) ? rests.get(residue) : residue;
      if (share === undefined) continue;
      const count = order.kind === 'adopt' ? order.count : undefined;
      rests.set(residue, count === undefined ? undefined : this.#ledger.divide(share, BigInt(count)));
      this.#hand(worker, this.#ledger.adopt(worker, share));
    }
  }

  #hand(worker: number, assignment: Assignment): void {
    assert.equal(this.#owner.get(assignment.residue), undefined);
    this.#owner.set(assignment.residue, worker);
    const { residue, next, from = this.space.from, until = this.space.limit, done = [] } = assignment;
    const start = chunkStart(this.space, next);
    const known = new Set(nonces(done));
    for (const nonce of this.#counted) {
      if (nonce < start || nonce < from || nonce >= until) continue;
      if (Number(chunkOf(this.space, nonce) % BigInt(this.count)) !== residue % this.count) continue;
      assert.ok(known.has(nonce), `${nonce} is done, and is to be searched again`);
    }
    this.#agent(worker).inbox.push({ order: 'adopt', assignment });
  }

  #takesOrders(worker: number): boolean {
    return this.states[worker] === 'searching' || this.states[worker] === 'idle';
  }

  #agent(worker: number): Agent {
    const agent = this.agents[worker];
    if (!agent) throw new RangeError(`no agent ${worker}`);
    return agent;
  }
}
