import type { ShareSnapshot } from '../ledger-snapshot.ts';
import type { ResidueProgress } from '../residue.ts';
import type { Assignment, ResidueReport, ResidueState, ResidueStatus, ShareReport } from '../search.ts';
import { type Tenure, withoutWorker } from './tenure.ts';

/** A share as the ledger keeps it. */
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
  /** What its owner was given and has reported, where somebody who had it before has told more since. */
  alone?: { readonly base: ResidueProgress; progress: ResidueProgress } | undefined;
}

/** A share that nobody has searched yet. */
export function newSlot(progress: ResidueProgress, state: Pick<Slot, 'status' | 'owner'>): Slot {
  const rest = { tenures: [], discredited: new Set<number>(), isRestored: false };
  return { given: progress.next, base: progress.copy(), progress, ...state, ...rest };
}

/** A part of a share, with what has become of that. */
export function partOf(slot: Slot, part: Pick<ShareReport, 'residue' | 'from' | 'until'>): Slot {
  const { given, status, owner, isRestored } = slot;
  const [base, progress] = [slot.base.copy(part), slot.progress.copy(part)];
  const tenures = slot.tenures.map(({ worker, from, to }) => {
    return { worker, from: from.copy(part), to: to.copy(part) };
  });
  return {
    given,
    base,
    progress,
    status,
    owner,
    tenures,
    discredited: new Set(slot.discredited),
    isRestored,
    alone: slot.alone && { base: slot.alone.base.copy(part), progress: slot.alone.progress.copy(part) },
  };
}

/** Counts what its owner reports as done. @returns how much of that others have told before. */
export function includeReport(slot: Slot, report: ResidueReport): bigint {
  const before = slot.progress.count;
  slot.progress = slot.base.copy();
  slot.progress.include(report);
  const { alone } = slot;
  if (!alone) return 0n;
  const now = alone.base.copy();
  now.include(report);
  const told = now.count - alone.progress.count;
  alone.progress = now;
  return told - (slot.progress.count - before);
}

/** A worker has it from now on; what to tell it. */
export function give(slot: Slot, worker: number): Assignment {
  slot.owner = worker;
  slot.status = 'held';
  slot.base = slot.progress.copy();
  slot.alone = undefined;
  slot.given = slot.progress.next;
  return assignmentOf(slot.progress);
}

/** What is left to do of a share. */
export function assignmentOf({ residue, next, extent, skip }: ResidueProgress): Assignment {
  return { residue, next, ...extent, ...(skip.length > 0 && { done: skip }) };
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

/** As the assignment policy sees it. What is not believed any more is unknown until it is back. */
export function residueState(slot: Slot, bound: bigint): ResidueState {
  const { status, owner, progress } = slot;
  const left = Math.max(Number(progress.left(bound)), hasWork(slot, bound) ? 1 : 0);
  return { residue: progress.residue, next: progress.next, status, owner, left };
}

/** The share, if its owner builds on what does not count any more. */
export function unsoundOf({
  discredited,
  status,
  owner,
  progress: { residue },
}: Slot): { readonly residue: number; readonly owner: number }[] {
  return discredited.size > 0 && status === 'held' && owner !== undefined ? [{ residue, owner }] : [];
}

/** Without what discredited workers did of it, as if it had been given back. */
export function snapshotOf(slot: Slot): ShareSnapshot {
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
  const { residue, next, done, from, until } = progress.report;
  return { residue, next, done, from, until, status, owner, given, base: base.report };
}
