import assert from 'node:assert/strict';
import { assign, type WorkerState } from '../../src/search/assignment.ts';
import { chunkCount, chunkOf, chunkRange, chunkStart } from '../../src/search/chunk.ts';
import { Ledger, type ReportResult } from '../../src/search/ledger.ts';
import { ledgerSnapshotText, parseLedgerSnapshot } from '../../src/search/ledger-snapshot.ts';
import type { Assignment, Range, ResidueReport, Space } from '../../src/search/search.ts';
import { asRanges, nonces, rangesOf } from './arbitrary.ts';

type ToWorker =
  | { readonly order: 'adopt'; readonly assignment: Assignment }
  | { readonly order: 'release'; readonly residue: number }
  | { readonly order: 'bound'; readonly nonce: bigint };

type ToController =
  | { readonly event: 'progress'; readonly reports: readonly Told[] }
  | { readonly event: 'released'; readonly reports: readonly [Told] }
  | { readonly event: 'idle' };

/** A report, and the nonces it stands for: what the agent has really tested, written out. */
interface Told {
  readonly report: ResidueReport;
  readonly nonces: readonly bigint[];
}

/** An honest agent: it keeps every nonce it has tested, and speaks the protocol of docs/agent.md. */
class Agent {
  readonly space: Space;
  readonly stride: bigint;
  readonly inbox: ToWorker[] = [];
  readonly outbox: ToController[] = [];
  readonly holds = new Map<
    number,
    { next: bigint; readonly done: ReadonlySet<bigint>; readonly tested: Set<bigint> }
  >();
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
      const { residue, next, done = [] } = message.assignment;
      this.holds.set(residue, { next, done: new Set(nonces(done)), tested: new Set() });
      this.#saidIdle = false;
    } else {
      const told = this.#tell(message.residue);
      this.holds.delete(message.residue);
      this.outbox.push({ event: 'released', reports: [told] });
    }
  }

  /** Tests up to `size` nonces in a row, somewhere in what it holds: kernels finish in any order. */
  search(choice: number, size: number): bigint[] {
    const open = [...this.holds].flatMap(([residue, { tested }]) => {
      return this.#nonces(residue).filter((nonce) => nonce < this.#bound && !tested.has(nonce));
    });
    const start = open.length === 0 ? 0 : choice % open.length;
    const slice = open.slice(start, start + size);
    for (const nonce of slice) this.holds.get(this.#residueOf(nonce))?.tested.add(nonce);
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

  #residueOf(nonce: bigint): number {
    return Number(chunkOf(this.space, nonce) % this.stride);
  }

  /** Everything of a residue that it was told to do. */
  #nonces(residue: number): bigint[] {
    const all: bigint[] = [];
    for (let c = this.holds.get(residue)?.next ?? 0n; c < chunkCount(this.space); c += this.stride) {
      all.push(...nonces([chunkRange(this.space, c)]));
    }
    return all.filter((nonce) => !this.holds.get(residue)?.done.has(nonce));
  }

  #tell(residue: number): Told {
    const held = this.holds.get(residue);
    if (!held) throw new Error(`asked for residue ${residue}, which it does not hold`);
    const isDone = (chunk: bigint) =>
      nonces([chunkRange(this.space, chunk)]).every((n) => held.tested.has(n) || held.done.has(n));
    let next = held.next;
    while (next < chunkCount(this.space) && isDone(next)) next += this.stride;
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
  /** Who has each residue, by the words that were exchanged. */
  readonly #owner: (number | undefined)[];

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
    this.#owner = Array.from({ length: count }, () => undefined);
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
    this.#owner.forEach((owner, residue) => {
      if (owner === worker) this.#owner[residue] = undefined;
    });
    this.#reassign();
  }

  /** The controller is another process from now on, which knows what the one before it noted. */
  resume(): void {
    const text = ledgerSnapshotText(this.#ledger.snapshot());
    const snapshot = parseLedgerSnapshot(JSON.parse(text));
    assert.ok(snapshot);
    this.#ledger = Ledger.restore(snapshot);
    assert.equal(ledgerSnapshotText(this.#ledger.snapshot()), text);
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
      const result: ReportResult =
        message.event === 'released'
          ? this.#ledger.released(worker, report)
          : this.#ledger.report(worker, report);
      const isOwner = this.#owner[report.residue] === worker;
      assert.equal(result.accepted, isOwner);
      if (!isOwner) {
        this.seen.lateReports++;
        continue;
      }
      for (const nonce of nonces) this.#counted.add(nonce);
      if (message.event === 'released') this.#owner[report.residue] = undefined;
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
    const owns = this.#owner[residue] === worker && this.states[worker] !== 'lost';
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
      assert.ok(round < 20 + 4 * this.count, 'it never becomes quiet');
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
    for (const { residue, work, owner, status } of this.#ledger.residues()) {
      const own = all.filter((nonce) => chunkOf(this.space, nonce) % BigInt(this.count) === BigInt(residue));
      assert.equal(
        work,
        own.some((nonce) => !this.#counted.has(nonce)),
      );
      if (status !== 'reserved') assert.equal(owner, this.#owner[residue]);
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
    const workers = this.states.map((state, worker) => ({ worker, state }));
    const bounded = this.#ledger.bound !== undefined;
    for (const { kind, worker, residue } of assign({ residues: this.#ledger.residues(), workers, bounded })) {
      if (kind === 'release') {
        this.seen.releases++;
        this.#ledger.release(residue);
        this.#agent(worker).inbox.push({ order: 'release', residue });
        continue;
      }
      this.seen.adoptions++;
      this.states[worker] = 'searching';
      this.#hand(worker, this.#ledger.adopt(worker, residue));
    }
  }

  #hand(worker: number, assignment: Assignment): void {
    assert.equal(this.#owner[assignment.residue], undefined);
    this.#owner[assignment.residue] = worker;
    const start = chunkStart(this.space, assignment.next);
    const known = new Set(nonces(assignment.done ?? []));
    for (const nonce of this.#counted) {
      if (nonce < start || Number(chunkOf(this.space, nonce) % BigInt(this.count)) !== assignment.residue)
        continue;
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
