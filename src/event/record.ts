import { z } from 'zod';
import { type DeepReadonly, endedFields } from './event.ts';

/** Raised when a reader of the version before would misunderstand a record. Records without a version are older than 2. */
export const recordSchemaVersion = 2;

const time = z.iso.datetime();

/** What an analyst wants to know of one instance; what did not happen is absent. */
const instance = z.object({
  index: z.int().nonnegative(),
  id: z.string(),
  address: z.string().optional().describe('Where SSH reached it: user@host:port.'),
  type: z.string().optional().describe('The instance type, where the fleet has types.'),
  zone: z.string().optional().describe('Where in the fleet it is: an availability zone.'),
  kernel: z.string().optional(),
  isa: z.string().optional().describe('Instruction set of the kernel.'),
  threads: z.int().optional(),
  python: z.string().optional(),
  hashes: z.number().optional().describe('Nonces that its agents reported as tested.'),
  launchedAt: time.optional(),
  runningAt: time.optional(),
  searchingAt: time.optional(),
  stoppedAt: time.optional(),
  terminatedAt: time.optional(),
  lost: z.string().optional().describe('Why its search was given up.'),
  interruptedAt: time.optional().describe('When it got the interruption notice of its Spot Instance.'),
  replacedBy: z
    .int()
    .nonnegative()
    .optional()
    .describe('Index of the instance that was launched in its place.'),
  log: z
    .object({ name: z.string(), bytes: z.int(), truncated: z.literal(true).optional() })
    .optional()
    .describe('Its syslog in the archive; `truncated`: its end is missing.'),
  logMissing: z.string().optional().describe('Why its syslog is not in the archive.'),
});

const resumed = z.object({
  time,
  elapsed: z.number().describe('Seconds after the start.'),
  away: z.number().describe('For so many seconds the run had no controller.'),
  by: z.string(),
});

const puzzle = z.looseObject({
  scheme: z.string(),
  block: z.string().optional().describe('As text; in records without a `schema`, as hexadecimal bytes.'),
  unit: z.string().optional(),
  difficulty: z.number().optional(),
  template: z
    .string()
    .optional()
    .describe("What is hashed, with {block} and {nonce}; absent: the scheme's own."),
  prefix: z
    .string()
    .optional()
    .describe('Hex digits that a golden digest begins with; a puzzle has this or another goal.'),
  suffix: z.string().optional().describe('Hex digits that it ends with.'),
  digest: z.string().optional().describe('All of it.'),
});

/**
 * run.json: what a run was told and what it came to; `ended` is absent while it is under way, or when it was killed.
 * Published as cnd.record.schema.json. A reader takes records of every older version: a new field is optional.
 */
export const runRecord = z.object({
  schema: z.int().optional().describe('Version of this document; absent: 1.'),
  run: z.string(),
  startedAt: time,
  endedAt: time.optional(),
  versions: z.object({ cnd: z.string(), node: z.string(), platform: z.string() }).optional(),
  resumes: z.string().optional().describe('The run that this one resumes.'),
  series: z.string().optional().describe('The series of `cnd compare` that this run is part of.'),
  detached: z
    .literal(true)
    .optional()
    .describe(
      'It had no controller: its instances searched by themselves, and `cnd resume` made this record.',
    ),
  where: z.string().optional().describe('Which part of the fleet: a region.'),
  account: z.string().optional().describe('The account that the fleet is in.'),
  config: z.looseObject({ N: z.number(), T: z.number(), fleet: z.string(), puzzle }),
  cost: z
    .object({ limit: z.number().optional(), basis: z.string().optional() })
    .optional()
    .describe(
      'US dollars that the run could cost at most, and what that is computed from, or why it is not known; `ended.cost` is what it did cost at most.',
    ),
  resumed: z
    .array(resumed)
    .optional()
    .describe('When another process went on with the run, because the one that drove it was killed.'),
  instances: z.array(instance).optional(),
  ended: endedFields.optional(),
});

export type RunRecord = DeepReadonly<z.output<typeof runRecord>>;
export type InstanceRecord = DeepReadonly<z.output<typeof instance>>;
export type ResumedRecord = DeepReadonly<z.output<typeof resumed>>;

/** As much of a record as a listing shows: a record that lacks the rest is listed all the same. */
const recordSummary = runRecord
  .pick({ run: true, startedAt: true, endedAt: true, config: true, cost: true })
  .extend({
    ended: endedFields
      .pick({
        outcome: true,
        exitCode: true,
        elapsed: true,
        nonce: true,
        digest: true,
        displayDigest: true,
        cost: true,
        costBasis: true,
      })
      .optional(),
  });

export type RecordSummary = DeepReadonly<z.output<typeof recordSummary>>;

/** What a listing shows of a record of any version; undefined for text that is none, or torn. Pure. */
export function parseRecordSummary(text: string): RecordSummary | undefined {
  return parsed(recordSummary, text);
}

/** Reads a record of any version; undefined for text that is none, or torn. Pure. */
export function parseRecord(text: string): RunRecord | undefined {
  return parsed(runRecord, text);
}

function parsed<T extends z.ZodType>(schema: T, text: string): z.output<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
