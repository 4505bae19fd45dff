import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { CndError } from '../../error.ts';
import { phaseNames } from '../../event/outcome.ts';

/** Raised when an older cnd would misunderstand a snapshot, or a newer one could not go on from it. */
const snapshotVersion = 3;

const ofAnyVersion = z.object({ version: z.int() });

/** More instances than any run has. */
const mostInstances = 100_000;

/** More ranges than a search begins with. */
const mostRanges = 1_000_000;

const decimal = z.string().regex(/^\d{1,20}$/);

const seconds = z.number().nonnegative();

const runSnapshot = z.object({
  version: z.literal(snapshotVersion),
  run: z.string(),
  /** What the configuration is made of again, as the user gave it. */
  config: z.object({ settings: z.record(z.string(), z.unknown()), directory: z.string() }),
  /** When the run began, in milliseconds since the epoch. */
  startedAt: z.number(),
  /** How much of T was over when this was written, and when that was. */
  time: z.object({
    elapsed: seconds,
    boot: z.object({ boot: z.string().optional(), seconds: z.number() }),
  }),
  phases: z.object({
    seconds: z.partialRecord(z.enum(phaseNames), seconds),
    current: z.object({ name: z.enum(phaseNames), since: seconds }).optional(),
  }),
  /** The secret that agents know controllers of this run by. */
  key: z.string().regex(/^[0-9a-f]{32}$/),
  instructionSet: z.string().max(100).optional(),
  /** What the fleet said before the launch, as far as the end of the run needs it. */
  preflight: z
    .object({
      owner: z.string().optional(),
      free: z.literal(true).optional(),
      cost: z.number().optional(),
      costBasis: z.string().optional(),
      price: z.object({ hourly: z.number(), leastSeconds: z.number(), basis: z.string() }).optional(),
    })
    .optional(),
  /** Seconds after the start at which something that costs money may have been created. */
  paidFrom: seconds.optional(),
  /** What the run itself went on with, if it resumes one that had ended. */
  resumes: z
    .object({
      run: z.string(),
      done: z.array(z.tuple([decimal, decimal])).max(mostRanges),
      tested: decimal,
      candidate: z.object({ nonce: decimal, digest: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
    })
    .optional(),
  /** The series that it is part of. */
  series: z.string().max(100).optional(),
  /** Absent until the launch has answered. */
  launch: z
    .object({
      instances: z
        .array(
          z.object({
            id: z.string(),
            index: z.int().nonnegative(),
            threads: z.int().positive().optional(),
            type: z.string().optional(),
            zone: z.string().optional(),
          }),
        )
        .min(1)
        .max(mostInstances),
      /** See `Fleet.handle`. */
      handle: z.unknown(),
    })
    .optional(),
  /** See `RunningSearch.snapshot`; absent until the search has begun. */
  search: z.unknown().optional(),
});

/** All that another controller needs to go on with a run (docs/internals.md). It holds a secret. */
export type RunSnapshot = z.output<typeof runSnapshot>;

/** The text of a snapshot, JSON whose last field is the checksum of what is before it. Pure. */
export function snapshotText(snapshot: Omit<RunSnapshot, 'version'>): string {
  const text = JSON.stringify({ version: snapshotVersion, ...snapshot }).slice(0, -1);
  return `${text},"crc32":${crc32(text)}}`;
}

/** A changed bit may leave a number that is as good as any: a chunk of another size, say. @throws Error */
function requireChecksum(text: string): void {
  const [end = '', checksum] = /,"crc32":(\d{1,10})\}$/.exec(text.slice(-32)) ?? [];
  if (checksum === undefined || crc32(text.slice(0, text.length - end.length)) !== Number(checksum))
    throw new Error('its checksum does not match');
}

/**
 * The snapshot in a text, which may be torn or somebody else's: of the right form, bounded, and of this run. Pure.
 * @throws CndError `state-damaged`, `state-version`
 */
export function parseSnapshot(text: string, run: string): RunSnapshot {
  let cause: unknown;
  try {
    const value: unknown = JSON.parse(text);
    const { version } = ofAnyVersion.parse(value);
    if (version !== snapshotVersion) throw ofAnotherVersion(run, version);
    requireChecksum(text);
    const snapshot = runSnapshot.parse(value);
    if (snapshot.run === run) return snapshot;
    cause = new Error('it belongs to another run');
  } catch (error) {
    if (error instanceof CndError) throw error;
    cause = error;
  }
  throw damagedState(run, cause);
}

/** What is kept of a run cannot be what its controller kept; what its archive has may do instead. */
export function damagedState(run: string, cause: unknown): CndError {
  return new CndError('state-damaged', `what is kept of run ${run} cannot be read: it cannot be resumed`, {
    about: run,
    hint: unresumableHint(run),
    cause,
  });
}

/** What to do with a run that cannot be resumed. Pure. */
export function unresumableHint(run: string): string {
  return `terminate what is left of it with: cnd scram --run ${run}; then a new run goes on from what the archive has of it: cnd resume ${run}`;
}

/** Its agents could not take the orders of this version either. */
function ofAnotherVersion(run: string, version: number): CndError {
  const age = version < snapshotVersion ? 'an older' : 'a newer';
  const words = `the state of run ${run} was written by ${age} version of cnd (format ${version}, this one reads ${snapshotVersion})`;
  return new CndError('state-version', `${words}: it cannot be resumed with this version`, {
    about: run,
    hint: `resume it with the version that started it, or terminate what is left of it with: cnd scram --run ${run}`,
  });
}
