import { CndError } from '../../../error.ts';
import { digest, largestNonce } from '../../../puzzle/digest.ts';
import type { EventFields } from '../../../event/event.ts';
import { isNear } from '../../../puzzle/near.ts';
import type { Puzzle } from '../../../puzzle/puzzle.ts';
import { chunkOf } from '../../../search/chunk.ts';
import type { Ledger } from '../../../search/ledger.ts';
import type { Range, ResidueReport } from '../../../search/search.ts';
import { redoSize } from '../../../kernel/redo.ts';
import type { Audits } from './audits.ts';
import type { Redone } from './peer-redo.ts';
import { isImplausible } from './plausibility.ts';

/** A worker may claim as many nonces a second and thread as so many of the fastest kernels known. */
const fastestFactor = 4;

/** Seconds by which a worker may be ahead of that: clocks and messages are not exact. */
const headStart = 1;

/** Chunks of one report of which a slice may be redone. */
const mostSampled = 64n;

/** Threads that are believed of a worker at most; it tells their number itself. */
const mostThreads = 1024;

/** False hits or near-hits of a worker after which it is given up: an agent verifies its kernels', a few may be broken memory. */
const mostFalse = 10;

/** What ends a worker's search because it cannot be believed: what it said before is not, either. */
export const discrediting: ReadonlySet<string> = new Set([
  'agent-impossible',
  'agent-false-hits',
  'agent-false-near-hits',
  'agent-false-claims',
  'agent-too-fast',
  'agent-flood',
  'agent-audit',
]);

/** Why a worker is to be given up that has told so many hits that are none; undefined: it is not. Pure. */
export function falseHits(count: number): CndError | undefined {
  return count < mostFalse ? undefined : new CndError('agent-false-hits', `sent ${mostFalse} false hits`);
}

/** What is known of a worker that it has not told of itself. */
interface Account {
  /** Seconds since the start of the run at which it was first given work. */
  since: number | undefined;
  threads: number;
  /** Verified near-hits in what it claims. */
  found: number;
  /** Verified near-hits that lie where they may be told again or are not claimed yet: whether they are counted. */
  readonly open: Map<bigint, boolean>;
  falseNear: number;
  /** The last chunk in which anything was done under another controller, by residue. */
  readonly partial: Map<number, bigint>;
}

/** What a search's workers are judged by. */
export interface TrustOptions {
  readonly puzzle: Puzzle;
  readonly workers: number;
  /** Zero bits of a near-hit. */
  readonly near: number;
  /** Nonces per second of one thread of the fastest kernel that is known. */
  readonly fastest: number;
  /** What does some of their work again; absent: nothing does. */
  readonly audits?: Audits | undefined;
  /** Told what a worker found that was asked to search a range again. */
  readonly onRedone?: ((worker: number, redone: Redone) => void) | undefined;
  /** Seconds since the run began. */
  readonly elapsed: () => number;
}

/** What a worker claims to have searched, and what it has shown of it. */
export interface Showing {
  readonly claimed: bigint;
  /** Its verified near-hits. */
  readonly found: number;
  /** How many are in so many nonces on average. */
  readonly expected: number;
}

/**
 * Whether workers can be believed: what they claim to have searched is held against what they cannot have without
 * searching, near-hits, each of which is verified, and time. Nothing a worker says of its own speed counts. Everything here
 * answers with the reason for which a worker is to be given up, or undefined.
 */
export class Trust {
  readonly #options: TrustOptions;
  readonly #ledger: Ledger;
  readonly #accounts = new Map<number, Account>();

  constructor(ledger: Ledger, options: TrustOptions) {
    this.#options = options;
    this.#ledger = ledger;
  }

  /** It is given work from now on. */
  begin(worker: number): void {
    this.#account(worker).since ??= this.#options.elapsed();
  }

  /** It says how many threads it has. */
  ready(worker: number, threads: number): void {
    const account = this.#account(worker);
    account.threads = Math.min(mostThreads, Math.max(account.threads, threads));
  }

  /** It told near-hits, before it claims the work that they are of. */
  near(worker: number, nonces: readonly bigint[]): CndError | undefined {
    const { puzzle, near } = this.#options;
    const account = this.#account(worker);
    for (const nonce of nonces) {
      // What was dealt to somebody else meanwhile, or is claimed already, is late: it proves nothing, nor does it harm.
      const standing = this.#ledger.standing(worker, nonce);
      if (account.open.has(nonce) || standing === 'foreign' || standing === 'passed') continue;
      if (nonce <= largestNonce(puzzle.scheme) && isNear(puzzle, digest(puzzle, nonce), near))
        account.open.set(nonce, standing === 'done');
      else account.falseNear += 1;
    }
    if (account.falseNear < mostFalse) return undefined;
    return new CndError('agent-false-near-hits', `sent ${mostFalse} false near-hits`);
  }

  /** It reports what it did of a residue. A late report (`not-owner`) has no consequence. */
  report(worker: number, report: ResidueReport): CndError | undefined {
    const before = this.#ledger.shares.nextOf(worker, report.residue);
    const result = this.#ledger.report(worker, report);
    if (!result.accepted) {
      if (result.rejection === 'not-owner') return undefined;
      return new CndError('agent-impossible', `sent an impossible report: ${result.reason}`);
    }
    this.#sample(worker, report, before, this.#countNear(worker));
    const { claimed, found, expected } = this.showing(worker);
    const { since = 0, threads } = this.#account(worker);
    const seconds = this.#options.elapsed() - since + headStart;
    if (Number(claimed) > fastestFactor * this.#options.fastest * threads * seconds) {
      const words = `claims ${claimed} nonces, over ${fastestFactor} times what ${threads} of the fastest threads known test in that time`;
      return new CndError('agent-too-fast', words);
    }
    if (!isImplausible(found, expected)) return undefined;
    const words = `claims ${claimed} nonces, in which there are about ${Math.round(expected)} near-hits, and found ${found}`;
    return new CndError('agent-false-claims', words);
  }

  /** It gives a share back, or what it has of it from `from` on, with a report of what it did. */
  released(
    worker: number,
    { from, ...report }: ResidueReport & { readonly from?: bigint | undefined },
  ): CndError | undefined {
    const keepsRest = from !== undefined && this.#ledger.returned(worker, report.residue, from);
    const reason = this.report(worker, report);
    if (!keepsRest) this.#ledger.released(worker, report);
    return reason;
  }

  /** What the claims of all workers rest on that claim anything; undefined when none does. */
  evidence(): EventFields['run.ended']['evidence'] {
    const instances = [...this.#accounts.keys()]
      .toSorted((a, b) => a - b)
      .map((instance) => ({ instance, ...this.showing(instance) }))
      .filter(({ claimed }) => claimed > 0n)
      .map(({ claimed, ...rest }) => ({ ...rest, claimed: `${claimed}` }));
    const { near, audits } = this.#options;
    return instances.length === 0
      ? undefined
      : { near, instances, ...(audits?.isWanted && { audits: audits.done }) };
  }

  showing(worker: number): Showing {
    const claimed = this.#ledger.claimed(worker);
    return {
      claimed,
      found: this.#account(worker).found,
      expected: Number(claimed) / 2 ** this.#options.near,
    };
  }

  /** Whether everything is redone that a proof needs; if not it is begun, and `then` is called when something of it is done. */
  isSettled(then: () => void): boolean {
    const { audits } = this.#options;
    if (!audits) return true;
    if (audits.isWanted) this.#sampleUnfinished(audits);
    return audits.isSettled(then);
  }

  /** Offers a slice of what it claims of the chunks that it is at to the audits, of each worker that has completed none. */
  #sampleUnfinished(audits: Audits): void {
    for (const [worker, account] of this.#accounts) {
      if (audits.hasSlice(worker)) continue;
      const own = this.#ledger.shares
        .unfinishedWork(worker)
        .filter(({ residue, range }) => !isPartial(account, residue, chunkOf(this.#ledger.space, range[0])))
        .map(({ range }) => range);
      const size = own.reduce((sum, [lo, hi]) => sum + hi - lo, 0n);
      if (size === 0n) continue;
      // Each of its nonces is as likely as any other to be in the range.
      let at = audits.within(0n, size);
      const [lo, hi] = own.find((range) => (at -= range[1] - range[0]) < 0n) ?? [0n, 0n];
      audits.claimed({ worker, range: this.#slice(audits, lo, hi), told: new Set(account.open.keys()) });
    }
  }

  /** With the hits of a range: whoever has the share now need not have searched those, as they are known to be done. */
  #withHits(told: ReadonlySet<bigint>, range: Range): ReadonlySet<bigint> {
    const { puzzle, near } = this.#options;
    const hits = this.#ledger.shares.confirmed(range);
    if (hits.length === 0) return told;
    return new Set([...told, ...hits.filter((nonce) => isNear(puzzle, digest(puzzle, nonce), near))]);
  }

  /** A part of a range that is redone soon. */
  #slice(audits: Audits, start: bigint, end: bigint): Range {
    if (end - start <= redoSize) return [start, end];
    const lo = audits.within(start, end - redoSize);
    return [lo, lo + redoSize];
  }

  /** Offers what it claims to have completed to the audits, a slice of each chunk. */
  #sample(
    worker: number,
    { residue, next, done }: ResidueReport,
    before: bigint | undefined,
    told: Set<bigint>,
  ): void {
    const { audits } = this.#options;
    const account = this.#account(worker);
    // Who was told the first near-hits of the chunks that it was at, if this is another controller's run?
    if (before === undefined) {
      const begun = done.map(([, hi]) => chunkOf(this.#ledger.space, hi - 1n));
      account.partial.set(
        residue,
        begun.reduce((last, chunk) => (chunk > last ? chunk : last), next),
      );
    }
    if (before === undefined || !audits?.isWanted) return;
    const { stride } = this.#ledger;
    const last = before + (mostSampled - 1n) * stride;
    for (let chunk = before; chunk < next && chunk <= last; chunk += stride) {
      // Of a chunk that was divided others have the rest, and were told the near-hits in that.
      const [start, end] = this.#ledger.shares.within(residue, chunk) ?? [0n, 0n];
      if (start === end) continue;
      if (!isPartial(account, residue, chunk) && this.#ledger.shares.isOwnWork(worker, [start, end]))
        audits.claimed({
          worker,
          range: this.#slice(audits, start, end),
          told: this.#withHits(told, [start, end]),
        });
    }
  }

  /** Counts the near-hits in what it claims now. @returns those that are settled */
  #countNear(worker: number): Set<bigint> {
    const account = this.#account(worker);
    const settled = new Set<bigint>();
    for (const [nonce, isCounted] of account.open) {
      const standing = this.#ledger.standing(worker, nonce);
      if (!isCounted && (standing === 'done' || standing === 'passed')) account.found += 1;
      if (standing === 'done') account.open.set(nonce, true);
      else if (standing !== 'open') account.open.delete(nonce);
      if (standing === 'passed') settled.add(nonce);
    }
    return settled;
  }

  #account(worker: number): Account {
    const known = this.#accounts.get(worker);
    if (known) return known;
    const open = new Map<bigint, boolean>();
    const account = {
      since: undefined,
      threads: 1,
      found: 0,
      open,
      falseNear: 0,
      partial: new Map<number, bigint>(),
    };
    this.#accounts.set(worker, account);
    return account;
  }
}

/** Whether something of a chunk may have been done under another controller, which was told its near-hits. */
function isPartial({ partial }: Account, residue: number, chunk: bigint): boolean {
  return chunk <= (partial.get(residue) ?? -1n);
}
