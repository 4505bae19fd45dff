import type { Emit, EventFields } from '../../event/event.ts';
import { assign } from '../../search/assignment.ts';
import type { Ledger } from '../../search/ledger.ts';
import type { AgentMessage } from './agent-message.ts';
import type { SendOrder, WorkerPool } from './worker-pool.ts';

/** Asks for residues back and gives those that nobody searches to workers that can take them. */
export function rebalance(ledger: Ledger, pool: WorkerPool, emit: Emit): void {
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
    send?.({ order: 'adopt', ...assignment });
    emit('instance.adopted', { instance: worker, residue, next: `${assignment.next}` });
  }
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
