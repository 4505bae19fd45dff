import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Announcement } from '../../../src/broadcast/broadcast.ts';
import type { Engine, RunningSearch, SearchEnd, SearchRequest } from '../../../src/engine/engine.ts';
import type { Claim, Hit } from '../../../src/engine/hit.ts';
import { Hits } from '../../../src/engine/hits.ts';
import { kernelArguments } from '../../../src/puzzle/job.ts';
import { probability } from '../../../src/puzzle/probability.ts';
import { type Coverage, coverageOf } from '../../../src/search/coverage.ts';
import { chunkCount, chunkOf, chunkStart } from '../../../src/search/chunk.ts';
import { chanceWithin } from '../../../src/search/forecast.ts';
import { RangeSet } from '../../../src/search/range-set.ts';
import type { Range } from '../../../src/search/search.ts';
import { lines } from '../../../src/session/lines.ts';
import { onceAborted } from '../../../src/wait.ts';
import { python, remote } from '../../helper/kernel.ts';

/** Nonces that the kernel is given at a time. */
const slice = 2000n;

/** An engine without instances: one kernel, a child of this process, that is fed the space from its beginning on. */
export class ProcessEngine implements Engine {
  search(request: SearchRequest): RunningSearch {
    return new ProcessSearch(request);
  }
}

class ProcessSearch implements RunningSearch {
  readonly ended: Promise<SearchEnd>;
  #end: (end: SearchEnd) => void = () => {};
  readonly #request: SearchRequest;
  readonly #hits: Hits;
  readonly #kernel: ChildProcessWithoutNullStreams;
  /** All nonces of the space below it are done. */
  #next: bigint;
  readonly #earlier: RangeSet;
  #isOver = false;
  #hasAnswered = false;

  constructor(request: SearchRequest) {
    this.#request = request;
    this.#hits = new Hits({ ...request, workers: 0 });
    this.#earlier = new RangeSet(new RangeSet(request.done).within(request.space.from, request.space.limit));
    this.#next = this.#passEarlier(request.space.from);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const seconds = ['--seconds', `${request.seconds()}`];
    const command = [join(remote, 'pow.py'), ...kernelArguments(request.puzzle), ...seconds];
    const env = { ...process.env, CND_RUN: request.run };
    this.#kernel = spawn(python, ['-S', '-E', ...command], { env });
    this.#kernel.stdin.on('error', () => {}); // it has ended, and says so
    void this.#listen();
    if (this.#next < request.space.limit) this.#feed();
    else this.#judge();
  }

  get best(): Hit | undefined {
    return this.#hits.best;
  }

  get searched(): boolean {
    return this.#hasAnswered;
  }

  get tested(): bigint {
    return BigInt(this.coverage().tested);
  }

  get isComplete(): boolean {
    return this.#next >= this.#bound;
  }

  evidence(): undefined {
    return undefined;
  }

  coverage(): Coverage {
    const { space } = this.#request;
    const next = this.#next === space.limit ? chunkCount(space) : chunkOf(space, this.#next);
    const start = chunkStart(space, next);
    const done: Range[] = start < this.#next ? [[start, this.#next]] : [];
    const { nonce } = this.best ?? {};
    // A hit was tested here, whatever the kernel has said of its slice.
    if (nonce !== undefined && nonce >= this.#next) done.push([nonce, nonce + 1n]);
    const all = new RangeSet([[space.from, this.#next], ...done, ...this.#earlier]);
    const share = { residue: 0, next, done, from: space.from, until: space.limit };
    return coverageOf(space, 1, [share], all.count, [...this.#earlier]);
  }

  #passEarlier(nonce: bigint): bigint {
    return this.#earlier.endOf(nonce) ?? nonce;
  }

  announced({ nonce, digest }: Announcement): void {
    this.#claim({ nonce, digest });
  }

  tick(remaining: number): void {
    const { emit, elapsed, puzzle, space } = this.#request;
    const chance = chanceWithin(probability(puzzle, space.limit - space.from), this.tested);
    const searching = this.#isOver ? 0 : 1;
    const progress = { searching, tested: `${this.tested}`, rate: 0, probability: chance, remaining };
    emit('run.progress', { ...progress, elapsed: elapsed() });
  }

  async stop(reason: string, limit: AbortSignal): Promise<void> {
    this.#isOver = true;
    const { exitCode, signalCode } = this.#kernel;
    const exited = exitCode === null && signalCode === null ? once(this.#kernel, 'exit') : undefined;
    this.#kernel.kill('SIGKILL');
    await Promise.race([exited, new Promise<void>((resolve) => onceAborted(limit, resolve))]);
    this.#request.emit('search.stopped', { reason, latency: 0, unconfirmed: [] });
  }

  async #listen(): Promise<void> {
    for await (const line of lines(this.#kernel.stdout)) {
      const [word, first = '', second = ''] = line.split(' ');
      if (this.#isOver) continue;
      if (!this.#hasAnswered) this.#request.onFirstSearching();
      this.#hasAnswered = true;
      if (word === 'hit') this.#claim({ nonce: BigInt(first), digest: second });
      if (word !== 'done') continue;
      this.#next = this.#passEarlier(BigInt(second));
      this.#judge();
      if (!this.#isOver) this.#feed();
    }
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end({ kind: 'lost', reason: 'the kernel has ended' });
  }

  #feed(): void {
    const [gap] = this.#earlier.gaps(this.#next, this.#next + slice);
    const end = gap?.[1] ?? this.#next;
    this.#kernel.stdin.write(`${this.#next} ${end < this.#bound ? end : this.#bound}\n`);
  }

  /** Where the search ends: nothing above a hit is worth searching. */
  get #bound(): bigint {
    return this.best?.nonce ?? this.#request.space.limit;
  }

  #claim(claim: Claim): void {
    if (this.#hits.judge(undefined, claim) !== 'better' || this.#isOver) return;
    const hit = this.best;
    if (hit) this.#request.announce(hit);
    this.#judge();
  }

  #judge(): void {
    const { smallest } = this.#request;
    const hit = this.best;
    if ((!hit || smallest) && !this.isComplete) return;
    this.#isOver = true;
    this.#end(hit ? { kind: 'found', hit } : { kind: 'exhausted' });
  }
}
