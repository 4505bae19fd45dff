import type { ResidueSnapshot } from './ledger-snapshot.ts';
import type { ResidueProgress } from './residue.ts';
import type { Assignment, ResidueStatus } from './search.ts';
import { type Tenure, withoutWorker } from './tenure.ts';

/** A residue as the ledger keeps it. */
export interface Slot {
  /** The `next` that its owner was given. */
  given: bigint;
  /** What was done when the owner got it, and the hits that the controller has verified since. */
  base: ResidueProgress;
  /** That, and what the owner's last report says. */
  progress: ResidueProgress;
  status: ResidueStatus;
  owner: number | undefined;
  /** What those did that had it before. */
  tenures: Tenure[];
  /** Workers whose part of `base` does not count any more: the owner builds on it, and has to give the residue back first. */
  readonly discredited: Set<number>;
  /** Restored, with no report since: what its owner said in between may have been shown to somebody else. */
  isRestored: boolean;
}

/** A residue that is kept for the worker of its number. */
export function newSlot(progress: ResidueProgress): Slot {
  const [base, owner] = [progress.copy(), progress.residue];
  const rest = { tenures: [], discredited: new Set<number>(), isRestored: false };
  return { given: progress.next, base, progress, status: 'reserved', owner, ...rest };
}

/** A worker has it from now on; what to tell it. */
export function give(slot: Slot, worker: number): Assignment {
  slot.owner = worker;
  slot.status = 'held';
  slot.base = slot.progress.copy();
  slot.given = slot.progress.next;
  return assignmentOf(slot.progress);
}

/** What is left to do of a residue. */
export function assignmentOf({ residue, next, skip }: ResidueProgress): Assignment {
  return skip.length === 0 ? { residue, next } : { residue, next, done: skip };
}

/** Its owner has it no more. */
export function orphan(slot: Slot): void {
  const { owner, base, progress, status } = slot;
  if (owner !== undefined && status !== 'reserved' && progress.count > base.count)
    slot.tenures.push({ worker: owner, from: base, to: progress.copy() });
  slot.owner = undefined;
  slot.status = 'orphaned';
  discredit(slot);
}

/** What those did of it that are not believed is undone, where nobody has it. */
export function discredit(slot: Slot): void {
  for (const worker of slot.discredited) {
    const { tenures, done } = withoutWorker(slot.tenures, worker, slot.progress);
    slot.tenures = tenures;
    slot.progress = done.copy();
  }
  slot.discredited.clear();
}

/** Whether something of it is to be done below a bound; what discredited workers did of it is not known before it is back. */
export function hasWork({ progress, discredited }: Slot, bound: bigint): boolean {
  return discredited.size > 0 || progress.hasWork(bound);
}

/** Without what discredited workers did of it, as if it had been given back. */
export function snapshotOf(slot: Slot): ResidueSnapshot {
  if (slot.discredited.size > 0) {
    const returned = { ...slot, tenures: [...slot.tenures], discredited: new Set(slot.discredited) };
    orphan(returned);
    const { progress } = returned;
    return {
      ...progress.report,
      status: 'orphaned',
      owner: undefined,
      given: progress.next,
      base: progress.report,
    };
  }
  const { given, base, progress, status, owner } = slot;
  return { ...progress.report, status, owner, given, base: base.report };
}
