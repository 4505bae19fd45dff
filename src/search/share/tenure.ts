import type { ResidueProgress } from '../residue.ts';

/** What one worker added to a residue while it was with it. */
export interface Tenure {
  readonly worker: number;
  /** What was done when it got it, and when it had it no more. */
  readonly from: ResidueProgress;
  readonly to: ResidueProgress;
}

/** Whether anything was added. */
export function hasAdded({ from, to }: Tenure): boolean {
  return to.count > from.count;
}

/**
 * A residue's tenures without those of a worker whose word does not count any more, and what is done by the others: each of
 * them built on what the ones before it said, so the later ones are put on what is left. Pure.
 *
 * @param now what is done at their end
 */
export function withoutWorker(
  tenures: readonly Tenure[],
  worker: number,
  now: ResidueProgress,
): { readonly tenures: Tenure[]; readonly done: ResidueProgress } {
  const first = tenures.findIndex((tenure) => tenure.worker === worker);
  const before = tenures[first];
  if (!before) return { tenures: [...tenures], done: now };
  const kept = tenures.slice(0, first);
  let done = before.from;
  for (const { worker: other, from, to } of tenures.slice(first + 1)) {
    if (other === worker) continue;
    const next = done.copy();
    next.include({ residue: next.residue, next: next.next, done: to.since(from) });
    kept.push({ worker: other, from: done, to: next });
    done = next;
  }
  return { tenures: kept, done };
}
