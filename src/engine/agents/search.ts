import type { Announcement } from '../../broadcast/broadcast.ts';
import type { CndError } from '../../error.ts';
import type { Coverage } from '../../search/coverage.ts';
import type { Ledger } from '../../search/ledger.ts';
import type { Assignment } from '../../search/search.ts';
import { Conclusion } from '../conclusion.ts';
import type { RunningSearch, SearchEnd, SearchRequest, SearchSnapshot } from '../engine.ts';
import type { AgentMessage } from './agent-message.ts';
import { Balancer } from './balancer.ts';
import type { EventFields } from '../../event/event.ts';
import type { Claim, Hit } from '../hit.ts';
import { Hits, type HitsOptions } from '../hits.ts';
import { discrediting, falseHits, Trust, type TrustOptions } from './audit/trust.ts';
import {
  lostFields,
  progressFields,
  releasedFields,
  repeatOrders,
  runProgress,
  withdrawClaims,
} from './work-order.ts';
import { searchBase, searchSnapshotOf } from './resume/resumed-search.ts';
import { Stop } from './stop.ts';
import type { WorkerPool, SendOrder } from './worker-pool.ts';

/** What a search over workers is given; N, as launched, fixes the stride. */
export type SearchOptions = HitsOptions &
  TrustOptions &
  Pick<SearchRequest, 'onFirstSearching' | 'announce' | 'done' | 'snapshot' | 'isContinued' | 'keep'>;

/** One search over all workers of a run: takes what agents say, keeps the ledger, gives orders, knows its end. It does no I/O. */
export class Search implements RunningSearch {
  readonly #options: SearchOptions;
  readonly #ledger: Ledger;
  /** Its workers as they are now. */
  readonly pool: WorkerPool;
  readonly #hits: Hits;
  readonly #conclusion: Conclusion;
  readonly #trust: Trust;
  readonly #balancer: Balancer;
  readonly #stop: Stop;
  #allSearching = false;

  /** @param onOver Called once agents are told to stop. */
  constructor(options: SearchOptions, onOver: () => void = () => {}) {
    this.#options = options;
    const { ledger, pool, best } = searchBase(options);
    this.#ledger = ledger;
    this.pool = pool;
    this.#hits = new Hits({ ...options, instances: () => this.pool.all.length });
    this.#conclusion = new Conclusion(options.elapsed);
    this.#stop = new Stop(pool, this.#conclusion, options.emit, onOver);
    if (best) this.#hits.restore(best);
    this.#trust = new Trust(ledger, options);
    this.#balancer = new Balancer(ledger, pool, options);
    this.#judge();
  }

  /** Resolves when a hit ends the search, everything is searched, or nobody is left to search. */
  get ended(): Promise<SearchEnd> {
    return this.#conclusion.ended;
  }

  /** The best verified hit so far: with `--smallest` a candidate until the search has ended. */
  get best(): Hit | undefined {
    return this.#hits.best;
  }

  /** Whether any instance has searched. */
  get searched(): boolean {
    return this.pool.anySearched;
  }

  get tested(): bigint {
    return this.#ledger.tested;
  }

  get isComplete(): boolean {
    return this.#ledger.complete(this.best?.nonce ?? this.#ledger.space.limit);
  }

  coverage(): Coverage {
    return this.#ledger.coverage();
  }

  /** How it stands, for another controller of the run. */
  snapshot(): SearchSnapshot {
    return searchSnapshotOf(this.#ledger, this.pool, this.best);
  }

  evidence(): EventFields['run.ended']['evidence'] {
    return this.#trust.evidence();
  }

  /** One more worker is on its way, which has no share of its own. */
  join(): void {
    this.#ledger.join();
    this.pool.add();
  }

  /** An agent is being started on this instance: what to put into its job. From now on it can be given orders. */
  begin(worker: number, send: SendOrder): Assignment[] {
    const state = this.pool.get(worker);
    this.pool.begin(worker, send, this.#options.elapsed());
    this.#trust.begin(worker);
    if (!state.lost) return this.#ledger.deal(worker);
    state.lost = false;
    this.#ledger.readmit(worker);
    return [];
  }

  /** A worker cannot be reached for now. Its agent may search on: it keeps what it has, and takes no orders. */
  away(worker: number): void {
    this.pool.away(worker);
  }

  /** A worker is back, with the agent that it had and everything said by that. */
  rejoin(worker: number, send: SendOrder): void {
    const state = this.pool.get(worker);
    state.state = this.#ledger.shares.assignments(worker).length > 0 ? 'searching' : 'idle';
    Object.assign(state, { send, heard: this.#options.elapsed() } as const);
    repeatOrders(this.#ledger, worker, send);
    this.#rebalance();
  }

  /** Takes one message of a worker's agent. */
  receive(worker: number, message: AgentMessage): void {
    const { emit } = this.#options;
    const state = this.pool.get(worker);
    // Of one that was given up only hits count, which are verified, and that it has stopped.
    if (state.state === 'lost' && message.event !== 'hit' && message.event !== 'stopped') return;
    switch (message.event) {
      case 'ready': {
        const { event: _, note, ...fields } = message;
        emit('instance.searching', { instance: worker, ...fields, ...(note !== undefined && { note }) });
        this.#trust.ready(worker, message.threads);
        if (!this.searched) this.#options.onFirstSearching();
        state.searched = true;
        if (this.#ledger.bound !== undefined) state.send?.({ order: 'bound', nonce: this.#ledger.bound });
        this.#noteAllSearching();
        break;
      }
      case 'progress':
        this.pool.heard(worker, message, this.#options.elapsed());
        for (const report of message.residues) this.distrust(worker, this.#trust.report(worker, report));
        if (this.isLost(worker)) break;
        emit('instance.progress', progressFields(worker, message, this.#ledger));
        this.#judge();
        // Its earlier progress may not have got through, so that there seemed to be work left with it.
        if (!this.#conclusion.isOver) this.#balancer.reported(worker, message.residues);
        break;
      case 'near':
        this.distrust(worker, this.#trust.near(worker, message.nonces));
        break;
      case 'hit':
        if (!this.claim(worker, message)) this.distrust(worker, falseHits(this.pool.countFalseHit(worker)));
        break;
      case 'idle':
        if (state.state !== 'searching') break;
        state.state = 'idle';
        state.rate = 0;
        emit('instance.idle', { instance: worker });
        this.#rebalance();
        break;
      case 'released': {
        const { until = this.#ledger.space.limit } = this.#ledger.shares.extentOf(message.residue);
        this.distrust(worker, this.#trust.released(worker, message));
        emit('instance.released', releasedFields(worker, message, this.#ledger));
        this.#judge();
        // One that is done, or begun to its end, leaves nothing to share out.
        const isDone = this.#ledger.shares.left(this.#ledger.space.limit, [message]) === 0;
        if (message.from === undefined ? !isDone : message.from < until) this.#rebalance();
        break;
      }
      case 'redone':
        this.#options.onRedone?.(worker, message);
        break;
      case 'stopped':
        this.#stopped(worker, message.reason);
        break;
      case 'error':
        emit('instance.error', { instance: worker, message: message.message });
        break;
      case 'interruption':
      case 'attached':
      case 'refused':
        break; // between it and its controller
    }
  }

  /** Somebody, as a rule the agent of the worker `teller`, says that a nonce is golden: whether it is. */
  claim(teller: number | undefined, claim: Claim): boolean {
    const { nonce } = claim;
    // Of one that was given up it has been said already.
    const quiet = teller !== undefined && this.pool.all[teller]?.state === 'lost';
    const wasOver = this.#conclusion.isOver;
    const onBetter = this.#options.smallest ? undefined : () => this.#stop.found(teller);
    const judgement = this.#hits.judge(teller, claim, { quiet, onBetter });
    if (judgement === 'none') return false;
    this.#ledger.confirm(nonce);
    const hit = this.best;
    // One that comes while the search is being stopped for something else counts, but there is nobody left to tell.
    if (judgement === 'known' || !hit || wasOver) return true;
    if (!this.#options.smallest) this.#conclusion.end({ kind: 'found', hit });
    this.#options.announce(hit);
    if (!this.#options.smallest) return true;
    this.#ledger.lower(nonce);
    for (const worker of this.pool.all) worker.send?.({ order: 'bound', nonce });
    this.#judge();
    this.#rebalance();
    return true;
  }

  /** Something heard on the broadcast: as good as a hit of the instance it names, and verified like one. */
  announced(announcement: Announcement): void {
    this.claim(announcement.instance, announcement);
  }

  /** A worker's search is lost; what it held goes to others. With `retrying` it will `begin` again. One that stopped because the search is over is not lost. */
  lose(worker: number, error: CndError, retrying: boolean, { quiet = false } = {}): void {
    if (this.#conclusion.isOver && this.pool.get(worker).state === 'stopped') return;
    this.pool.lose(worker, retrying);
    this.#ledger.lose(worker);
    if (!quiet) this.#options.emit('instance.lost', lostFields(worker, error, retrying));
    if (discrediting.has(error.code)) withdrawClaims(this.#ledger, this.pool, worker, this.#options);
    this.#stop.changed();
    if (this.pool.all.every((other) => other.state === 'lost'))
      this.#conclusion.end({ kind: 'lost', reason: `every instance was lost; the last: ${error.message}` });
    this.#noteAllSearching();
    this.#rebalance();
  }

  /** Whether a worker was given up for good. */
  isLost(worker: number): boolean {
    return this.pool.get(worker).state === 'lost';
  }

  /** A worker cannot be reached any more, now that the search is over: nobody waits for its word. */
  forget(worker: number): void {
    const state = this.pool.get(worker);
    if (state.state !== 'away') state.state = 'lost';
    this.#stop.changed();
  }

  /** Says how the whole search stands, with `remaining` seconds until the time limit. */
  tick(remaining: number): void {
    this.#options.emit('run.progress', runProgress(this.#options, this.#ledger, this.pool, remaining));
  }

  /**
   * Ends the search, whatever ended it: every agent is told to stop, and "stopped" counts only on its own word.
   * Resolves when all have said so or are lost, and `others` has, or when `giveUp` aborts.
   */
  stop(reason: string, giveUp: AbortSignal, others?: Promise<unknown>): Promise<void> {
    return this.#stop.wait(reason, giveUp, others);
  }

  #stopped(worker: number, reason: string): void {
    const state = this.pool.get(worker);
    // One that was given up stays so: else it would be given up again when its session ends.
    if (state.state !== 'lost') state.state = 'stopped';
    state.rate = 0;
    state.send = undefined;
    const { isOver, latency } = this.#conclusion;
    this.#options.emit('instance.stopped', { instance: worker, reason, ...(isOver && { latency }) });
    this.#stop.changed();
  }

  /** An honest agent gives no such reason: nothing of it is believed any more, but for hits, which are verified. */
  distrust(worker: number, reason: CndError | undefined): void {
    if (!reason || this.isLost(worker)) return;
    this.pool.get(worker).send?.({ order: 'stop' });
    this.lose(worker, reason, false);
  }

  /** Whether the search is over by what is known now. */
  #judge(): void {
    if (this.#conclusion.isOver) return;
    const { best: hit } = this;
    if (hit === undefined || this.#options.smallest) {
      if (!this.isComplete) return;
      if (!this.#trust.isSettled(() => this.#judge())) return;
    }
    this.#conclusion.end(hit === undefined ? { kind: 'exhausted' } : { kind: 'found', hit });
  }

  #rebalance(): void {
    if (!this.#conclusion.isOver) this.#balancer.balance();
  }

  #noteAllSearching(): void {
    if (this.#allSearching) return;
    const instances = this.pool.complement;
    if (instances === undefined) return;
    this.#allSearching = true;
    this.#options.emit('search.all', { instances, elapsed: this.#options.elapsed() });
  }
}
