import type { Coverage } from '../../search/coverage.ts';
import type { ReportedShare } from './model.ts';

/** What an event says of a residue, as numbers. Pure. */
export function reportedShare({
  residue,
  next,
  done,
  from,
  until,
}: Coverage['residues'][number]): ReportedShare {
  return {
    residue,
    next: BigInt(next),
    done: done.map(([lo, hi]) => [BigInt(lo), BigInt(hi)] as const),
    from: from === undefined ? undefined : BigInt(from),
    until: until === undefined ? undefined : BigInt(until),
  };
}
