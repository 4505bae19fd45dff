import type { TrustOptions } from './audit/trust.ts';
import type { CndError } from '../../error.ts';
import type { EventFields } from '../../event/event.ts';
import { isSingle, probability } from '../../puzzle/probability.ts';
import { chanceWithin } from '../../search/forecast.ts';
import type { AgentMessage } from './agent-message.ts';
import type { Assignment } from '../../search/search.ts';
import type { SearchRequest } from '../engine.ts';
import type { Ledger } from '../../search/ledger.ts';
import type { SendOrder, WorkerPool } from './worker-pool.ts';

/** Takes back all that a lost worker said it did, and asks those for shares back that go on where it left off. */
export function withdrawClaims(
  ledger: Ledger,
  pool: WorkerPool,
  worker: number,
  { emit, audits }: Pick<SearchRequest, 'emit'> & Pick<TrustOptions, 'audits'>,
): void {
  audits?.forget(worker);
  const nonces = ledger.claimed(worker);
  ledger.withdraw(worker);
  askBack(pool, ledger, ledger.shares.unsound());
  if (nonces > 0n) emit('instance.discredited', { instance: worker, nonces: `${nonces}` });
}

/** Asks for shares back, as a whole. */
export function askBack(
  pool: WorkerPool,
  ledger: Ledger,
  shares: readonly { readonly residue: number; readonly owner: number }[],
): void {
  for (const { residue, owner } of shares) {
    ledger.release(residue);
    pool.order(owner, { order: 'release', residue });
  }
}

/**
 * Tells a worker again what may not have reached it. (An agent that holds a residue already takes an `adopt` of it for no
 * more than an end of a `release`.)
 */
export function repeatOrders(ledger: Ledger, worker: number, send: SendOrder): void {
  for (const { status, ...assignment } of ledger.shares.assignments(worker)) {
    send({ order: 'adopt', ...assignment });
    if (status === 'releasing')
      send({ order: 'release', residue: assignment.residue, from: ledger.space.from });
  }
  for (const residue of ledger.rivals.of(worker)) send({ order: 'release', residue });
  if (ledger.bound !== undefined) send({ order: 'bound', nonce: ledger.bound });
}

/** What `instance.lost` says of why. Pure. */
export function lostFields(
  instance: number,
  { code, message: reason, hint }: CndError,
  retrying: boolean,
): EventFields['instance.lost'] {
  return { instance, code, reason, ...(hint !== undefined && { hint }), retrying };
}

/** What `instance.released` says of what an agent gives back. Pure. */
export function releasedFields(
  instance: number,
  { residue, next, from }: Extract<AgentMessage, { event: 'released' }>,
  ledger: Ledger,
): EventFields['instance.released'] {
  const begin = from !== undefined && { from: `${from}` };
  return { instance, residue: ledger.shares.residueOf(residue), next: `${next}`, ...begin };
}

/** What `instance.adopted` says of what a worker was given. Pure. */
export function adoptedFields(
  instance: number,
  { residue, next, from }: Assignment,
  { shares, rivals }: Ledger,
): EventFields['instance.adopted'] {
  const takenFrom = rivals.searcherOf(shares.startOf(residue));
  return {
    instance,
    residue: shares.residueOf(residue),
    next: `${next}`,
    ...(from !== undefined && { from: `${from}` }),
    ...(takenFrom !== undefined && { takenFrom }),
  };
}

/** What `instance.progress` says of an agent's progress. Pure. */
export function progressFields(
  instance: number,
  { hashes, rate, residues }: Extract<AgentMessage, { event: 'progress' }>,
  { shares }: Pick<Ledger, 'shares'>,
): EventFields['instance.progress'] {
  const fields = residues.map(({ residue: share, next, done }) => {
    const { from, until } = shares.extentOf(share);
    return {
      residue: shares.residueOf(share),
      next: `${next}`,
      done: done.map(([lo, hi]): [string, string] => [`${lo}`, `${hi}`]),
      ...(from !== undefined && { from: `${from}` }),
      ...(until !== undefined && { until: `${until}` }),
    };
  });
  return { instance, hashes, rate, residues: fields };
}

/** What `run.progress` says of the whole search, with `remaining` seconds until the time limit. Pure. */
export function runProgress(
  { puzzle, space, elapsed }: Pick<SearchRequest, 'puzzle' | 'space' | 'elapsed'>,
  { tested }: Pick<Ledger, 'tested'>,
  { pace }: Pick<WorkerPool, 'pace'>,
  remaining: number,
): EventFields['run.progress'] {
  return {
    ...pace,
    tested: `${tested}`,
    probability: chanceWithin(probability(puzzle, space.limit - space.from), tested, isSingle(puzzle)),
    elapsed: elapsed(),
    remaining: Math.max(0, remaining),
  };
}
