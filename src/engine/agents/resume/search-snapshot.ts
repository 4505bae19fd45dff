import { z } from 'zod';
import { CndError } from '../../../error.ts';
import {
  type LedgerSnapshot,
  ledgerSnapshotValue,
  parseLedgerSnapshot,
} from '../../../search/ledger-snapshot.ts';
import type { Claim, Hit } from '../../hit.ts';

const worker = z.object({
  /** `begun`: an agent was given a job, and may have it still; `lost`: given up for good. */
  state: z.enum(['pending', 'begun', 'lost']),
  /** Its search was lost, and has not begun again. */
  lost: z.boolean(),
  searched: z.boolean(),
  falseHits: z.int().nonnegative(),
  /** The number of the last message that has arrived. */
  seen: z.int().nonnegative(),
});

const searchSnapshot = z.object({
  ledger: z.unknown(),
  workers: z.array(worker).max(100_000),
  best: z
    .object({
      nonce: z.string().regex(/^\d{1,20}$/),
      digest: z.string().regex(/^[0-9a-f]{64}$/),
      instance: z.int().nonnegative().optional(),
    })
    .optional(),
});

/** What is kept of one worker. */
export type WorkerSnapshot = z.output<typeof worker>;

/** What a search over workers goes on from. */
export interface ParsedSearch {
  readonly ledger: LedgerSnapshot;
  readonly workers: readonly WorkerSnapshot[];
  /** A hit that was verified; to be verified again. */
  readonly best?: Claim | undefined;
}

/** A search as JSON: nonces as decimal strings. Pure. */
export function searchValue(
  ledger: LedgerSnapshot,
  workers: readonly WorkerSnapshot[],
  best: Hit | undefined,
): unknown {
  const { nonce, ...rest } = best ?? {};
  return {
    ledger: ledgerSnapshotValue(ledger),
    workers,
    ...(nonce !== undefined && { best: { nonce: `${nonce}`, ...rest } }),
  };
}

/** What `searchValue` made; whatever else it may be, it is of the right form. Pure. @throws CndError `state-damaged` */
export function parseSearch(value: unknown): ParsedSearch {
  const { data, error } = searchSnapshot.safeParse(value);
  const ledger = parseLedgerSnapshot(data?.ledger);
  if (!data || !ledger) throw damaged(error);
  const { best, workers } = data;
  return { ledger, workers, ...(best && { best: { ...best, nonce: BigInt(best.nonce) } }) };
}

/** What is kept of a search contradicts itself, or is none. */
export function damaged(cause: unknown): CndError {
  return new CndError('state-damaged', 'what is kept of the search cannot be read', { cause });
}
