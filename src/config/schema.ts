import { z } from 'zod';
import { schemes, units } from '../puzzle/puzzle.ts';
import { ec2Defaults, ec2Schema } from '../fleet/ec2/schema.ts';
import { host, jump, path } from './host.ts';

/** The fleets that `--fleet` names. */
export const fleets = ['local', 'hosts', 'ec2'] as const;

/** Which kernel the agents run: the fastest that works on the instance, or always the script. */
export const kernels = ['auto', 'python'] as const;

/** T's upper end, in seconds: one day. */
export const longestTimeLimit = 86_400;

/** What editors are told of numbers: as text or as a JSON number, in these bounds. */
const numeric = (type: 'integer' | 'number', pattern: string, minimum: number, maximum: number) => ({
  type: ['string', type],
  pattern,
  minimum,
  maximum,
});
const wholePattern = '^(0|[1-9]\\d*)$';
const decimalPattern = '^(0|[1-9]\\d*)(\\.\\d+)?$';

/**
 * A whole number in plain decimal, as text: no sign, fraction, exponent, hexadecimal or leading zero. Numbers in JSON
 * are taken while they are exact; beyond 2^53 JSON.parse has already lost digits, so they must be strings.
 */
const whole = (what: string) =>
  z
    .union([z.string(), z.number()], { error: `must be ${what}` })
    .transform((value, context) => {
      if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
        context.addIssue({
          code: 'custom',
          message: 'is too large to be exact as a JSON number; write it as a string',
        });
        return z.NEVER;
      }
      const text = String(value);
      if (/^(0|[1-9]\d*)$/.test(text)) return BigInt(text);
      context.addIssue({ code: 'custom', message: `must be ${what}` });
      return z.NEVER;
    })
    .meta(numeric('integer', wholePattern, 0, Number.MAX_SAFE_INTEGER));

const boundedWhole = (what: string, least: number, most: number) =>
  whole(what)
    .refine((value) => value >= least && value <= most, { error: `must be ${what}` })
    .transform(Number)
    .meta(numeric('integer', wholePattern, least, most));

/** A number in plain decimal, with a fraction if need be: seconds, dollars. */
const decimal = (what: string, least: number, most: number) =>
  z
    .union([z.string(), z.number()], { error: `must be ${what}` })
    .refine((value) => /^(0|[1-9]\d*)(\.\d+)?$/.test(String(value)), { error: `must be ${what}` })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: `must be ${what}` })
    .meta(numeric('number', decimalPattern, least, most));

/** The name of an S3 bucket. */
export const bucketName = z
  .string({ error: 'must be the name of an S3 bucket' })
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket, without s3://');

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** A failure to rehearse with on the local fleet: what happens to which instance, and when, in seconds after boot. */
const rehearsal = z.strictObject({
  instance: boundedWhole('the index of an instance, from 0', 0, 999_999),
  failure: oneOf(['never-runs', 'never-answers', 'dies']),
  after: decimal('a number of seconds', 0, longestTimeLimit).default(0),
});

/** Every setting, by its key in cnd.config.json. Values are judged here alone, whatever layer they come from. */
export const settingsSchema = z.strictObject({
  $schema: z.string().optional(),
  N: boundedWhole('a whole number of instances, 1 or more', 1, Number.MAX_SAFE_INTEGER),
  maxN: boundedWhole('a whole number of instances, 1 or more', 1, 1_000_000).describe(
    'the most instances that may be asked for: a slip of the finger must not be expensive',
  ),
  minN: boundedWhole('a whole number of instances, 1 or more', 1, 1_000_000).describe(
    'the fewest instances that a run is worth beginning with',
  ),
  maxCost: decimal('an amount of US dollars', 0, 1_000_000)
    .optional()
    .describe('the most a run may cost at its worst, in US dollars'),
  T: decimal(`a number of seconds, at most ${longestTimeLimit.toLocaleString('en')}`, 0, longestTimeLimit),
  D: boundedWhole('a whole number of leading zeros, 0 or more', 0, Number.MAX_SAFE_INTEGER).optional(),
  fleet: oneOf(fleets),
  scheme: oneOf(schemes),
  block: z.string({ error: 'must be a string' }).optional(),
  unit: oneOf(units).optional(),
  header: z.string({ error: 'must be a string of 160 hex digits' }).optional(),
  from: whole('a whole number (the first nonce)').optional(),
  limit: whole('a whole number (the nonce after the last)').optional(),
  chunk: whole('a whole number of nonces, 1 or more').optional(),
  smallest: z.boolean({ error: 'must be true or false' }),
  kernel: oneOf(kernels),
  logs: z.strictObject({
    directory: z
      .string({ error: 'must be the path of a directory' })
      .min(1, 'must be the path of a directory')
      .describe('where logs and run records are kept, relative to this file'),
    bucket: bucketName
      .optional()
      .describe('an S3 bucket that is the archive; the directory then only holds what was not uploaded yet'),
    prefix: z.string().max(200).optional().describe('what all keys in the bucket begin with'),
    region: z
      .string()
      .min(1)
      .optional()
      .describe('where the bucket is looked for first; by default where AWS is called'),
    encryption: oneOf(['AES256', 'aws:kms'])
      .optional()
      .describe('AES256 or aws:kms: with which keys objects are encrypted; by default as the bucket says'),
  }),
  local: z.strictObject({
    bootDelay: decimal('a number of seconds', 0, 600).describe('seconds an instance takes to boot'),
    rehearse: z
      .array(rehearsal, { error: 'must be a list' })
      .describe('failures to rehearse, like { "instance": 1, "failure": "dies", "after": 3 }'),
  }),
  hosts: z.strictObject({
    list: z
      .array(host, { error: 'must be a list of hosts, like ["user@a", "user@b:2222"]' })
      .describe(
        'machines that exist already, like "user@a:22" or { "host", "port", "user", "identity", "jump" }',
      ),
    identityFile: path('a private key').optional().describe('the private key to log in with'),
    agent: z
      .union([z.boolean(), z.string().min(1)], { error: 'must be true, false, or the path of a socket' })
      .optional()
      .describe('whether to ask the ssh-agent, or the path of its socket'),
    jump: jump.optional().describe('the host to go through to all of them'),
    knownHosts: z
      .union([path('a known_hosts file'), z.array(path('a known_hosts file'))], {
        error: 'must be the path of a known_hosts file, or a list of them',
      })
      .optional()
      .describe('instead of ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts'),
  }),
  ec2: ec2Schema,
});

/** Settings as they are written, before they are judged. */
export type RawSettings = z.input<typeof settingsSchema>;
/** Settings once judged. */
export type Settings = z.output<typeof settingsSchema>;

/** What holds where nothing else is said. `D` depends on the scheme and is required with text schemes. */
export const defaults = {
  maxN: 1000,
  minN: 1,
  fleet: 'local',
  scheme: 'hex-chain',
  smallest: false,
  kernel: 'auto',
  logs: { directory: 'logs' },
  local: { bootDelay: 0, rehearse: [] },
  hosts: { list: [] },
  ec2: ec2Defaults,
} satisfies Partial<RawSettings>;
