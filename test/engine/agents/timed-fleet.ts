import type { AgentMessage } from '../../../src/engine/agents/agent-message.ts';
import type { AgentOrder } from '../../../src/engine/agents/agent-order.ts';
import { Search } from '../../../src/engine/agents/search.ts';
import type { Puzzle } from '../../../src/puzzle/puzzle.ts';
import { chunkFrom, chunkOf, chunkRange } from '../../../src/search/chunk.ts';
import { RangeSet } from '../../../src/search/range-set.ts';
import { ResidueProgress } from '../../../src/search/residue.ts';
import type { Assignment, Range, Space } from '../../../src/search/search.ts';

/** Seconds of work that a kernel is given at a time, and how many such slices it is given in advance (remote/pace.py and driver.py). */
const slice = 0.15;
const queued = 2;

/** Seconds that a message takes. */
const latency = 0.02;

/** A nonce that solves the puzzle. */
export interface Golden {
  readonly nonce: bigint;
  readonly digest: string;
}

interface Held {
  readonly progress: ResidueProgress;
  readonly skip: RangeSet;
  readonly residue: bigint;
  until: bigint;
  /** Everything below was dealt. */
  frontier: bigint;
  isReleasing: boolean;
}

/** An agent that tests so many nonces a second, as docs/agent.md has it, in time that does not pass by itself. */
class TimedAgent {
  readonly speed: number;
  readonly #fleet: TimedFleet;
  readonly #say: (message: AgentMessage) => void;
  readonly #held = new Map<number, Held>();
  readonly #queue: { readonly held: Held; readonly range: Range }[] = [];
  #bound: bigint;
  #isIdle = false;
  tested = 0n;

  constructor(fleet: TimedFleet, speed: number, say: (message: AgentMessage) => void) {
    this.speed = speed;
    this.#fleet = fleet;
    this.#say = say;
    this.#bound = fleet.space.limit;
  }

  start(residues: readonly Assignment[]): void {
    for (const share of residues) this.#adopt(share);
    this.#say({ event: 'ready', kernel: 'k', isa: 'i', cores: 1, threads: 1, python: '3' });
    this.#report();
    this.#go();
  }

  obey(order: AgentOrder): void {
    if (order.order === 'bound' && order.nonce < this.#bound) this.#bound = order.nonce;
    if (order.order === 'adopt') this.#adopt(order);
    if (order.order === 'release') this.#release(order.residue, order.from);
    this.#go();
  }

  #adopt({
    residue,
    next,
    from = this.#fleet.space.from,
    until = this.#fleet.space.limit,
    done = [],
  }: Assignment): void {
    const known = this.#held.get(residue);
    if (known) known.isReleasing = false;
    if (known) return;
    const skip = new RangeSet(done);
    const { space, stride } = this.#fleet;
    const progress = new ResidueProgress(space, stride, residue, skip, { from, until });
    progress.include({ residue, next, done: [] });
    const share = {
      progress,
      skip,
      residue: BigInt(residue % stride),
      until,
      frontier: progress.start,
      isReleasing: false,
    };
    this.#held.set(residue, share);
    this.#isIdle = false;
  }

  #release(residue: number, from: bigint | undefined): void {
    const held = this.#held.get(residue);
    if (!held) throw new Error(`it does not hold ${residue}`);
    if (from === undefined) {
      held.isReleasing = true;
      this.#giveUp();
      return;
    }
    const start = from > held.frontier ? from : held.frontier;
    if (start < held.until) held.until = start;
    // `next` at the latest where it ends now; the ledger takes less for granted than it may.
    const report = said(held.progress);
    this.#say({ event: 'released', ...report, from: held.until });
  }

  /** Says so of what it is to give back as a whole, once it is at nothing of it. */
  #giveUp(): void {
    for (const [residue, held] of this.#held) {
      if (!held.isReleasing || this.#queue.some((piece) => piece.held === held)) continue;
      this.#held.delete(residue);
      this.#say({ event: 'released', ...said(held.progress) });
    }
  }

  /** The next slice of a share, at most `size` nonces. */
  #next(held: Held): Range | undefined {
    const { space, stride } = this.#fleet;
    if (held.isReleasing) return undefined;
    const end = held.until < this.#bound ? held.until : this.#bound;
    for (;;) {
      const chunk = chunkFrom(chunkOf(space, held.frontier), held.residue, BigInt(stride));
      const [lo, hi] = chunkRange(space, chunk);
      if (lo > held.frontier) held.frontier = lo;
      if (held.frontier >= end) return undefined;
      const done = held.skip.endOf(held.frontier);
      if (done === undefined) return [held.frontier, hi < end ? hi : end];
      held.frontier = done;
    }
  }

  #deal(): void {
    const size = BigInt(Math.max(1, Math.round(this.speed * slice)));
    while (this.#queue.length < queued) {
      let best: { readonly held: Held; readonly range: Range } | undefined;
      for (const held of this.#held.values()) {
        const range = this.#next(held);
        if (range && (!best || range[0] < best.range[0])) best = { held, range };
      }
      if (!best) return;
      const { held, range } = best;
      const [gap] = held.skip.gaps(range[0], range[1]);
      const hi = [range[0] + size, gap?.[1] ?? range[1]].reduce((a, b) => (a < b ? a : b));
      held.frontier = hi;
      this.#queue.push({ held, range: [range[0], hi] });
      if (this.#queue.length === 1) this.#work();
    }
  }

  #work(): void {
    const [head] = this.#queue;
    if (!head) return;
    const [lo, hi] = head.range;
    this.#fleet.after(Number(hi - lo) / this.speed, () => {
      this.#queue.shift();
      this.tested += hi - lo;
      this.#tellHits(lo, hi);
      const { residue, next } = head.held.progress;
      head.held.progress.include({ residue, next, done: [[lo, hi]] });
      this.#fleet.note(lo, hi);
      this.#giveUp();
      this.#work();
      this.#go();
    });
  }

  #tellHits(lo: bigint, hi: bigint): void {
    for (const { nonce, digest } of this.#fleet.golden) {
      if (nonce < lo || nonce >= hi) continue;
      if (nonce < this.#bound) this.#bound = nonce;
      this.#say({ event: 'hit', nonce, digest });
    }
  }

  #go(): void {
    this.#deal();
    const isIdle = this.#queue.length === 0;
    if (isIdle && !this.#isIdle) {
      this.#isIdle = true;
      this.report();
      this.#say({ event: 'idle' });
    }
  }

  #report(): void {
    this.#fleet.after(1, () => {
      this.report();
      this.#report();
    });
  }

  report(): void {
    this.#fleet.most = Math.max(this.#fleet.most, this.#held.size);
    const residues = [...this.#held.values()].map(({ progress }) => said(progress));
    const hashes = Number(this.tested);
    this.#say({
      event: 'progress',
      residues,
      hashes,
      rate: this.#isIdle ? 0 : this.speed,
      speed: this.speed,
    });
  }
}

/** What an agent says of a share. */
function said({ report }: ResidueProgress): { residue: number; next: bigint; done: [bigint, bigint][] } {
  return { residue: report.residue, next: report.next, done: report.done.map(([lo, hi]) => [lo, hi]) };
}

interface TimedEvent {
  readonly at: number;
  readonly id: number;
  readonly act: () => void;
}

/** A search over agents of these speeds (nonces per second), in virtual time. */
export class TimedFleet {
  readonly space: Space;
  readonly stride: number;
  readonly search: Search;
  now = 0;
  orders = 0;
  /** Shares that one agent reported on. */
  most = 0;
  doubled = 0n;
  /** What the agents find: with these the search is for the smallest. */
  readonly golden: readonly Golden[];
  readonly #agents: readonly TimedAgent[];
  readonly #tested = new RangeSet();
  /** What workers that are away have said meanwhile. */
  readonly #unread = new Map<number, AgentMessage[]>();
  readonly #events: TimedEvent[] = [];
  #count = 0;
  #isOver = false;

  constructor(space: Space, speeds: readonly number[], puzzle: Puzzle, golden: readonly Golden[] = []) {
    this.space = space;
    this.golden = golden;
    this.stride = speeds.length;
    this.search = new Search({
      puzzle,
      space,
      smallest: golden.length > 0,
      near: 60,
      fastest: 1e12,
      workers: speeds.length,
      emit: (event, fields) => {
        if (event === 'instance.lost') throw new Error(JSON.stringify(fields));
      },
      elapsed: () => this.now,
      onFirstSearching: () => {},
      announce: () => {},
    });
    void this.search.ended.then(() => (this.#isOver = true));
    this.#agents = speeds.map(
      (speed, worker) =>
        new TimedAgent(this, speed, (message) => this.after(latency, () => this.#receive(worker, message))),
    );
  }

  after(seconds: number, act: () => void): void {
    const event = { at: this.now + seconds, id: this.#count++, act };
    let index = this.#events.length;
    this.#events.push(event);
    // A heap: the earliest first, of equals the one that was said first.
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#events[parent];
      if (!above || above.at < event.at || (above.at === event.at && above.id < event.id)) break;
      this.#events[index] = above;
      this.#events[parent] = event;
      index = parent;
    }
  }

  /** The connection to a worker is lost at some time, for some seconds. Its agent goes on. */
  cut(worker: number, at: number, seconds: number): void {
    this.after(at, () => {
      const unread: AgentMessage[] = [];
      this.#unread.set(worker, unread);
      this.search.away(worker);
      this.after(seconds, () => {
        this.#unread.delete(worker);
        // Of progress it has kept the newest.
        const newest = unread.findLast(({ event }) => event === 'progress');
        for (const message of unread)
          if (message.event !== 'progress' || message === newest) this.search.receive(worker, message);
        this.search.rejoin(worker, this.#sender(worker));
      });
    });
  }

  #receive(worker: number, message: AgentMessage): void {
    const unread = this.#unread.get(worker);
    if (unread) unread.push(message);
    else this.search.receive(worker, message);
  }

  #sender(worker: number): (order: AgentOrder) => void {
    return (order) => {
      if (order.order !== 'bound') this.orders++;
      // What is on its way when the connection is lost does not arrive.
      this.after(latency, () => this.#unread.has(worker) || this.#agents[worker]?.obey(order));
    };
  }

  /** That these were tested by some agent. */
  note(lo: bigint, hi: bigint): void {
    const before = this.#tested.count;
    this.#tested.add(lo, hi);
    this.doubled += hi - lo - (this.#tested.count - before);
  }

  /** Lets all of them search until the search is over. @returns after how many seconds */
  async run(most: number): Promise<number> {
    for (const [worker, agent] of this.#agents.entries())
      agent.start(this.search.begin(worker, this.#sender(worker)));
    while (!this.#isOver) {
      const event = this.#pop();
      if (!event || event.at > most) throw new Error(`it has not ended after ${this.now} s`);
      this.now = event.at;
      event.act();
      await Promise.resolve(); // the end is told by a promise
    }
    return this.now;
  }

  #pop(): TimedEvent | undefined {
    const [first] = this.#events;
    const last = this.#events.pop();
    if (!first || !last || first === last) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [this.#events[child], this.#events[child + 1]];
      if (!left) break;
      if (right && (right.at < left.at || (right.at === left.at && right.id < left.id))) child++;
      const below = this.#events[child];
      if (!below || last.at < below.at || (last.at === below.at && last.id < below.id)) break;
      this.#events[index] = below;
      index = child;
    }
    this.#events[index] = last;
    return first;
  }
}
