import { z } from 'zod';
import type { Range, ResidueReport, ResidueStatus, ShareReport, Space } from './search.ts';

/** What has become of a worker: not begun yet; was given what is its own; given up for now. */
export type WorkerRecord = 'new' | 'dealt' | 'lost';

/** One share: what is done of it, who has it, and in `base` what was done when that owner got it. */
export interface ShareSnapshot extends ShareReport {
  readonly status: ResidueStatus;
  readonly owner?: number | undefined;
  readonly base: ResidueReport;
  /** The `next` that it was given. */
  readonly given: bigint;
}

/** A worker that a share was taken from, and may be searching it: what it was given, and has reported. */
export interface RivalSnapshot extends ShareReport {
  readonly worker: number;
  readonly base: ResidueReport;
}

/** Everything that a ledger knows (`Ledger.snapshot`, `Ledger.restore`). */
export interface LedgerSnapshot {
  readonly space: Space;
  readonly stride: number;
  readonly bound?: bigint | undefined;
  /** What was done before the search began. */
  readonly known: readonly Range[];
  readonly workers: readonly WorkerRecord[];
  readonly residues: readonly ShareSnapshot[];
  readonly rivals?: readonly RivalSnapshot[] | undefined;
  /** How many nonces were tested twice on purpose. */
  readonly doubled?: bigint | undefined;
}

const natural = z
  .string()
  .regex(/^(0|[1-9]\d{0,20})$/)
  .transform(BigInt);
const ranges = z.array(z.tuple([natural, natural])).max(65_536);
const index = z.int().min(0).max(1_000_000);
const report = z.object({ residue: z.int().nonnegative(), next: natural, done: ranges });
const space = z
  .object({ from: natural, limit: natural, chunk: natural })
  .refine(({ from, limit, chunk }) => from < limit && limit < 2n ** 64n && chunk > 0n, 'not a nonce space');

const ledgerSnapshot = z.object({
  space,
  stride: z.int().min(1).max(100_000),
  bound: natural.optional(),
  known: ranges,
  workers: z.array(z.enum(['new', 'dealt', 'lost'])).max(100_000),
  residues: z
    .array(
      report.extend({
        from: natural,
        until: natural,
        status: z.enum(['reserved', 'held', 'releasing', 'orphaned']),
        owner: index.optional(),
        base: report,
        given: natural,
      }),
    )
    .max(100_000),
  rivals: z
    .array(report.extend({ from: natural, until: natural, worker: index, base: report }))
    .max(100_000)
    .optional(),
  doubled: natural.optional(),
});

/**
 * A snapshot as a value of JSON, nonces and chunks as decimal strings. One by one: with a thousand workers it is made once a second, and
 * a replacer of `JSON.stringify`, called for every number in it, takes three times as long. Pure.
 */
export function ledgerSnapshotValue(snapshot: LedgerSnapshot): unknown {
  const { space, stride, bound, known, workers, residues, rivals, doubled } = snapshot;
  return {
    space: { from: `${space.from}`, limit: `${space.limit}`, chunk: `${space.chunk}` },
    stride,
    ...(bound !== undefined && { bound: `${bound}` }),
    known: rangeValues(known),
    workers,
    residues: residues.map(({ residue, next, done, from, until, status, owner, base, given }) => ({
      residue,
      next: `${next}`,
      done: rangeValues(done),
      from: `${from}`,
      until: `${until}`,
      status,
      owner,
      base: reportValue(base),
      given: `${given}`,
    })),
    ...(rivals && {
      rivals: rivals.map(({ residue, next, done, from, until, worker, base }) => ({
        residue,
        next: `${next}`,
        done: rangeValues(done),
        from: `${from}`,
        until: `${until}`,
        worker,
        base: reportValue(base),
      })),
    }),
    ...(doubled !== undefined && { doubled: `${doubled}` }),
  };
}

function reportValue({ residue, next, done }: ResidueReport) {
  return { residue, next: `${next}`, done: rangeValues(done) };
}

function rangeValues(ranges: readonly Range[]): [string, string][] {
  return ranges.map(([lo, hi]) => [`${lo}`, `${hi}`]);
}

/**
 * The snapshot in a value that was parsed from JSON, which may come from anybody: bounded, and of the right form. Whether it
 * contradicts itself `Ledger.restore` finds out. Undefined when it is none.
 */
export function parseLedgerSnapshot(value: unknown): LedgerSnapshot | undefined {
  return ledgerSnapshot.safeParse(value).data;
}

/** Why a snapshot cannot be of any ledger, as far as that is seen without one; undefined when it can. Pure. */
export function contradiction({
  space,
  stride,
  workers,
  residues,
  rivals = [],
}: LedgerSnapshot): string | undefined {
  if (workers.length < stride) return `${workers.length} workers with ${stride} residues`;
  const byNumber = new Map(residues.map((share) => [share.residue, share]));
  if (byNumber.size < residues.length) return 'two shares with the same number';
  const ends = Array.from({ length: stride }, () => space.from);
  for (const { residue, from, until, status, owner, base } of residues.toSorted(byStart)) {
    const isOwned = owner === undefined ? status === 'orphaned' : status !== 'orphaned' && owner in workers;
    if (!isOwned || base.residue !== residue)
      return `residue ${residue} is ${status}, and worker ${owner} has it`;
    if (ends[residue % stride] !== from || until < from)
      return `residue ${residue} begins with nonce ${from}`;
    ends[residue % stride] = until;
  }
  const odd = rivals.find(
    ({ worker, residue, base, from, until }) =>
      !(worker in workers) ||
      base.residue !== residue ||
      from < space.from ||
      until <= from ||
      until > space.limit,
  );
  if (odd) return `residue ${odd.residue} was taken from worker ${odd.worker}`;
  const open = ends.findIndex((end) => end !== space.limit);
  return open < 0 ? undefined : `of residue ${open} nothing from nonce ${ends[open]} on`;
}

function byStart(a: ShareSnapshot, b: ShareSnapshot): number {
  if (a.from === b.from) return a.until < b.until ? -1 : 1;
  return a.from < b.from ? -1 : 1;
}
