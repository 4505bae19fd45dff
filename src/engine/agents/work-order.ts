import type { TrustOptions } from './audit/trust.ts';
import type { CndError } from '../../error.ts';
import type { EventFields } from '../../event/event.ts';
import { probability } from '../../puzzle/probability.ts';
import { chanceWithin } from '../../search/forecast.ts';
import type { AgentMessage } from './agent-message.ts';
import type { SearchRequest } from '../engine.ts';
import { assign } from '../../search/assignment.ts';
import type { Ledger } from '../../search/ledger.ts';
import type { SendOrder, WorkerPool } from './worker-pool.ts';

/** Asks for residues back and gives those that nobody searches to workers that can take them. */
export function rebalance(
  ledger: Ledger,
  pool: WorkerPool,
  { emit, keep = (then) => then() }: Pick<SearchRequest, 'emit' | 'keep'>,
): void {
  const bounded = ledger.bound !== undefined;
  const orders = assign({ residues: ledger.residues(), workers: pool.states, bounded });
  for (const { kind, worker, residue } of orders) {
    const { send } = pool.get(worker);
    if (kind === 'release') {
      ledger.release(residue);
      send?.({ order: 'release', residue });
      continue;
    }
    const assignment = ledger.adopt(worker, residue);
    pool.get(worker).state = 'searching';
    // Not before it is kept that the worker has it: whoever goes on with the search must not give it to another one.
    keep(() => {
      if (send && pool.get(worker).send === send) send({ order: 'adopt', ...assignment });
    });
    emit('instance.adopted', { instance: worker, residue, next: `${assignment.next}` });
  }
}

/** Takes back all that a lost worker said it did, and asks those for residues back that go on where it left off. */
export function withdrawClaims(
  ledger: Ledger,
  pool: WorkerPool,
  worker: number,
  { emit, audits }: Pick<SearchRequest, 'emit'> & Pick<TrustOptions, 'audits'>,
): void {
  audits?.forget(worker);
  const nonces = ledger.claimed(worker);
  const asked = ledger.withdraw(worker);
  for (const { residue, owner } of ledger.residues()) {
    if (owner === undefined || !asked.includes(residue)) continue;
    ledger.release(residue);
    pool.get(owner).send?.({ order: 'release', residue });
  }
  if (nonces > 0n) emit('instance.discredited', { instance: worker, nonces: `${nonces}` });
}

/**
 * Tells a worker again what may not have reached it. (An agent that holds a residue already takes an `adopt` of it for no
 * more than an end of a `release`.)
 */
export function repeatOrders(ledger: Ledger, worker: number, send: SendOrder): void {
  for (const { status, ...assignment } of ledger.assignments(worker)) {
    send({ order: 'adopt', ...assignment });
    if (status === 'releasing') send({ order: 'release', residue: assignment.residue });
  }
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

/** What `instance.progress` says of an agent's progress. Pure. */
export function progressFields(
  instance: number,
  { hashes, rate, residues }: Extract<AgentMessage, { event: 'progress' }>,
): EventFields['instance.progress'] {
  const fields = residues.map(({ residue, next, done }) => {
    return { residue, next: `${next}`, done: done.map(([lo, hi]): [string, string] => [`${lo}`, `${hi}`]) };
  });
  return { instance, hashes, rate, residues: fields };
}

/** What `run.progress` says of the whole search, with `remaining` seconds until the time limit. Pure. */
export function runProgress(
  { puzzle, elapsed }: Pick<SearchRequest, 'puzzle' | 'elapsed'>,
  { tested }: Pick<Ledger, 'tested'>,
  { pace }: Pick<WorkerPool, 'pace'>,
  remaining: number,
): EventFields['run.progress'] {
  return {
    ...pace,
    tested: `${tested}`,
    probability: chanceWithin(probability(puzzle), tested),
    elapsed: elapsed(),
    remaining: Math.max(0, remaining),
  };
}
