import { z } from 'zod';
import { coverageFields, residueCoverage } from './coverage-fields.ts';
import { evidenceFields } from './evidence.ts';
import { outcomes, phaseNames } from './outcome.ts';

/**
 * The stream of events that a run is. Views, the journal, `--json` and the report render it; nothing else prints.
 * Nonces, counts of nonces and chunk indices are decimal strings (they go up to 2^64−1), durations are seconds and
 * rates are nonces per second. `instance` is the index of an instance.
 *
 * Published as cnd.event.schema.json. A reader takes journals of every older version: a new field is optional.
 */

/** Raised when a reader of the version before would misunderstand a journal. Journals without a version are older than 2. */
export const eventSchemaVersion = 2;

const index = z.int().nonnegative();
const decimal = z.string().regex(/^\d+$/);
const seconds = z.number();
const nonceRate = z.number();

const ofResidue = decimal.optional().describe('Only its nonces from this one on. Absent: all.');

const released = z
  .literal(true)
  .optional()
  .describe('The instances are machines that live on: "terminated" means that they were released.');

const resumed = {
  resumes: z.string().optional().describe('The run that this one resumes.'),
  testedBefore: decimal
    .optional()
    .describe('How many nonces were tested there; `tested` and the coverage count them too.'),
};

const ended = z.object({
  outcome: z.enum(outcomes),
  exitCode: z.int(),
  nonce: decimal.optional().describe('The golden nonce, or with `unproven` the candidate.'),
  digest: z.string().optional(),
  instance: index.optional(),
  reason: z.string().optional(),
  tested: decimal,
  ...resumed,
  rate: nonceRate,
  elapsed: seconds,
  phases: z.partialRecord(z.enum(phaseNames), seconds),
  coverage: coverageFields,
  smallest: z.boolean(),
  evidence: evidenceFields.optional(),
  logs: z.string(),
  launched: z.int().describe('Instances that there were.'),
  released,
  terminated: z.int().describe('How many of them the fleet has confirmed as terminated.'),
  left: z.array(z.string()).describe('Ids of instances whose termination could not be confirmed.'),
  probability: z
    .number()
    .optional()
    .describe('Probability that a golden nonce is among as many as were tested.'),
  cost: z
    .number()
    .optional()
    .describe(
      'US dollars that the instances have cost at most; absent where they cost nothing, or no price is known.',
    ),
  costBasis: z
    .string()
    .optional()
    .describe('What `cost` is computed from, or why it is not known; absent where instances cost nothing.'),
  displayDigest: z
    .string()
    .optional()
    .describe(
      'The digest as it is usually shown: with bitcoin the bytes of `digest`, which is raw, in reverse.',
    ),
});

/** What each event says, besides its name, time and run. */
export const eventFields = {
  'run.planned': z.object({
    schema: z.int().optional().describe('Version of the event vocabulary; absent: 1.'),
    fleet: z.string(),
    instances: z.int(),
    chosen: z.string().optional().describe('With `--N auto`: why so many.'),
    timeLimit: seconds,
    released,
    puzzle: z.record(z.string(), z.union([z.string(), z.number()])),
    from: decimal,
    limit: decimal,
    chunk: decimal,
    smallest: z.boolean(),
    kernel: z.string(),
    expectedNonces: z
      .string()
      .regex(/^\d+(\.\d+)?(e\+\d+)?$/)
      .describe('Expected number of nonces until a golden one, rounded.'),
    spaceProbability: z.number().describe('Probability that the nonce space holds a golden nonce.'),
    logs: z.string(),
    ...resumed,
    versions: z.object({ cnd: z.string(), node: z.string(), platform: z.string() }).optional(),
    fleetConfig: z.unknown().optional().describe('The settings of the fleet, as in run.json.'),
  }),
  'run.resumed': z.object({ elapsed: seconds, away: seconds, epoch: z.int().positive(), by: z.string() }),
  'run.preflight': z
    .object({
      facts: z.array(z.tuple([z.string(), z.string()])),
      cost: z.number().optional(),
      costBasis: z.string().optional(),
      price: z
        .object({ hourly: z.number(), leastSeconds: seconds, basis: z.string() })
        .optional()
        .describe(
          'What each instance costs at most: US dollars an hour, and the seconds that are charged at least.',
        ),
    })
    .describe('What the fleet plans before anything costs money; `cost` in US dollars, at most.'),
  warning: z.object({ message: z.string(), hint: z.string().optional() }),
  'launch.started': z.object({ instances: z.int() }),
  'instance.launched': z.object({
    instance: index,
    id: z.string(),
    type: z.string().optional().describe('The instance type, where the fleet has types.'),
    zone: z.string().optional().describe('Where in the fleet it is: an availability zone.'),
  }),
  'instance.running': z.object({ instance: index, id: z.string(), address: z.string() }),
  'instance.waiting': z
    .object({ instance: index, cause: z.string(), message: z.string() })
    .describe('What is being waited for, sent when it changes.'),
  'instance.connected': z.object({ instance: index }),
  'instance.armed': z.object({ instance: index }).describe("Its dead-man's switch is confirmed as armed."),
  'instance.uploaded': z.object({ instance: index, bytes: z.int() }),
  'instance.searching': z.object({
    instance: index,
    kernel: z.string(),
    isa: z.string(),
    threads: z.int(),
    cores: z.int(),
    python: z.string(),
    note: z.string().optional(),
  }),
  'search.all': z
    .object({ instances: z.int(), elapsed: seconds })
    .describe('Every instance that is not lost is searching, `elapsed` seconds after the start.'),
  'instance.progress': z.object({
    instance: index,
    hashes: z.number(),
    rate: nonceRate,
    residues: z.array(residueCoverage),
  }),
  'run.progress': z.object({
    searching: z.int(),
    tested: decimal,
    rate: nonceRate,
    probability: z.number().describe('Probability that a golden nonce is among this many.'),
    elapsed: seconds,
    remaining: seconds,
  }),
  'instance.idle': z.object({ instance: index }),
  'instance.adopted': z.object({
    instance: index,
    residue: index,
    next: decimal,
    from: ofResidue,
    takenFrom: index.optional().describe('Has it too, and does not answer: see `coverage.doubled`.'),
  }),
  'instance.released': z.object({ instance: index, residue: index, next: decimal, from: ofResidue }),
  'instance.error': z.object({ instance: index, message: z.string() }),
  hit: z.object({
    instance: index.optional().describe('Absent where the engine has no instances.'),
    nonce: decimal,
    digest: z.string().describe('In raw byte order, whatever the scheme.'),
    displayDigest: z
      .string()
      .optional()
      .describe(
        'With bitcoin, `digest` as it is usually shown: its bytes in reverse. Absent where it is the same.',
      ),
    elapsed: seconds,
  }),
  'hit.rejected': z.object({
    instance: index.optional(),
    nonce: z.string(),
    digest: z.string(),
    reason: z.string(),
  }),
  broadcast: z.object({ channel: z.string(), nonce: decimal, digest: z.string() }),
  'instance.stopped': z
    .object({ instance: index, reason: z.string(), latency: seconds.optional() })
    .describe('All kernels of the instance have exited; `latency` since the end of the search was known.'),
  'search.stopped': z
    .object({ reason: z.string(), latency: seconds, unconfirmed: z.array(index) })
    .describe('The last peer has stopped; `unconfirmed` are those that did not confirm it in time.'),
  'instance.lost': z
    .object({
      instance: index,
      code: z.string(),
      reason: z.string(),
      hint: z.string().optional().describe('What to do about it.'),
      retrying: z.boolean(),
    })
    .describe('Its search is lost and its work goes to others; with `retrying` it is being retried.'),
  'instance.discredited': z
    .object({ instance: index, nonces: decimal })
    .describe(
      'It is not believed any more: what it said it had searched, so many nonces, others search again.',
    ),
  'instance.disconnected': z
    .object({ instance: index, code: z.string(), reason: z.string() })
    .describe(
      'It cannot be reached; its agent searches on, and it keeps its work, for as long as `linger` says.',
    ),
  'instance.reconnected': z
    .object({ instance: index, seconds })
    .describe('Its agent is attached to again, after so long; nothing was searched twice.'),
  'instance.interrupted': z
    .object({ instance: index, action: z.string(), time: z.string() })
    .describe(
      'Its Spot Instance has got an interruption notice: `action` follows at `time`. It stops searching.',
    ),
  'instance.replaced': z
    .object({ instance: index, replacement: index })
    .describe('Another was launched in its place, which has a new index and no share of its own.'),
  'logs.pulled': z
    .object({
      instance: index,
      name: z.string(),
      bytes: z.int(),
      truncated: z
        .literal(true)
        .optional()
        .describe('It is longer than what is kept of one: its end is missing.'),
    })
    .describe('Its syslog is in the logs directory.'),
  'logs.missing': z.object({ instance: index, reason: z.string() }),
  'terminate.started': z
    .object({ instances: z.int(), released })
    .describe('From here on the run only waits for every instance to be terminated.'),
  'instance.terminated': z.object({ instance: index, id: z.string(), released }),
  'archive.started': z
    .object({ location: z.string(), files: z.int() })
    .describe(
      'With a bucket, once everything is terminated: all files of the run are being uploaded, the journal too, ' +
        'whose last event is therefore `run.ended`.',
    ),
  'logs.archived': z
    .object({ location: z.string(), files: z.int(), bytes: z.int() })
    .describe('All files of the run are uploaded, and removed from this machine.'),
  'archive.pruned': z.object({ location: z.string(), runs: z.int(), keep: z.string() }),
  'run.interrupted': z
    .object({ signal: z.string(), count: z.int(), phase: z.enum(phaseNames).optional(), released })
    .describe('A signal asked the run to end, for the first time or again (`count`), in this phase.'),
  'cleanup.failed': z.object({ what: z.string(), reason: z.string() }),
  'output.dropped': z
    .object({ frames: z.int(), progress: z.int() })
    .describe(
      'The output was read too slowly: frames of the live view and progress events that were dropped, in total. ' +
        'The journal has all of them.',
    ),
  'run.ended': ended,
} as const;

/** What the schemas admit, for those who only read it. */
export type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

export type EventFields = {
  [Name in keyof typeof eventFields]: DeepReadonly<z.output<(typeof eventFields)[Name]>>;
};

export type EventName = keyof EventFields;

/** An event as every renderer gets it, stamped with its time and run. */
export type RunEvent = {
  [Name in EventName]: {
    readonly event: Name;
    readonly time: string;
    readonly run: string;
  } & EventFields[Name];
}[EventName];

/** An event before it is stamped with its time and run. */
export type Emit = <Name extends EventName>(event: Name, fields: EventFields[Name]) => void;

/** The fields of `run.ended`, which the run record holds too. */
export const endedFields = ended;

/** One stamped event of the given name. */
function stamped(name: string, fields: z.ZodObject): z.ZodObject {
  return z.object({ event: z.literal(name), time: z.iso.datetime(), run: z.string() }).extend(fields.shape);
}

/** Every event, as the journal and `--json` have it on a line. */
export const runEvent = z.discriminatedUnion(
  'event',
  // A mapped tuple loses its length, which the type of a union asks for.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  Object.entries(eventFields).map(([name, fields]) => stamped(name, fields)) as unknown as readonly [
    z.ZodObject<{ event: z.ZodLiteral<string> }>,
  ],
);
