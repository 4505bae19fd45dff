import { z } from 'zod';
import { schemes, units } from '../puzzle/puzzle.ts';
import type { FleetKind } from '../fleet/kind.ts';
import { parseRetention } from '../archive/keep.ts';
import { boundedWhole, decimal, oneOf, whole } from '../setting-value.ts';

/** Which kernel the agents run: the fastest that works on the instance, or always the script. */
export const kernels = ['auto', 'python'] as const;

/** T's upper end, in seconds: one day. */
export const longestTimeLimit = 86_400;

/** The name of an S3 bucket. */
export const bucketName = z
  .string({ error: 'must be the name of an S3 bucket' })
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket, without s3://');

/** The settings that are no fleet's, by their keys in cnd.config.json. Values are judged here alone, whatever layer they come from. */
const commonSchema = z.strictObject({
  $schema: z.string().optional(),
  N: boundedWhole('a whole number of instances', 1, Number.MAX_SAFE_INTEGER),
  maxN: boundedWhole('a whole number of instances', 1, 1_000_000).describe(
    'upper limit of --N, against typos',
  ),
  minN: boundedWhole('a whole number of instances', 1, 1_000_000).describe(
    'the fewest instances to start a run with',
  ),
  maxCost: decimal('an amount of US dollars', 0, 1_000_000)
    .optional()
    .describe('upper limit of what a run may cost at most, in US dollars'),
  confirmAbove: decimal('an amount of US dollars', 0, 1_000_000).describe(
    'a run that may cost more than this, in US dollars, or whose price is unknown, is launched only after confirmation, on a terminal or by --yes; without a terminal there is no prompt',
  ),
  T: decimal('a number of seconds', 0, longestTimeLimit),
  // As many as a digest has bits; what holds in its unit the puzzle knows.
  D: boundedWhole('a whole number of leading zeros', 0, 256).optional(),
  fleet: z.string(),
  scheme: oneOf(schemes),
  block: z.string({ error: 'must be a string' }).optional(),
  template: z.string({ error: 'must be a string with {nonce} in it' }).optional(),
  unit: oneOf(units).optional(),
  prefix: z.string({ error: 'must be a string of 1 to 64 hex digits' }).optional(),
  suffix: z.string({ error: 'must be a string of 1 to 64 hex digits' }).optional(),
  digest: z.string({ error: 'must be a string of 64 hex digits' }).optional(),
  header: z.string({ error: 'must be a string of 160 hex digits' }).optional(),
  from: whole('a whole number, 0 or more').optional(),
  limit: whole('a whole number, 1 or more').optional(),
  chunk: whole('a whole number of nonces, 1 or more').optional(),
  smallest: z.boolean({ error: 'must be true or false' }),
  kernel: oneOf(kernels),
  linger: decimal('a number of seconds', 0, longestTimeLimit).describe(
    'seconds for which an instance searches on when the connection to it is lost, and keeps its part of the search',
  ),
  audit: decimal('a fraction', 0, 1)
    .optional()
    .describe(
      'the part of what instances claim to have searched that this machine searches again, 0 to 1; by default none, on hosts one slice each for a proof',
    ),
  checkpoint: decimal('a number of seconds', 0, longestTimeLimit).describe(
    'seconds between two checkpoints in logs.bucket, from which another machine can resume the run; 0: none there',
  ),
  replace: z
    .boolean({ error: 'must be true or false' })
    .describe(
      'whether another instance is launched in place of one that its fleet has ended, while there is time',
    ),
  sshConfig: z
    .boolean({ error: 'must be true or false' })
    .describe('whether ~/.ssh/config is read for the fleet hosts and for jump hosts'),
  logs: z.strictObject({
    directory: z
      .string({ error: 'must be the path of a directory' })
      .min(1, 'must be the path of a directory')
      .describe('where logs and run records are kept, relative to this file'),
    bucket: bucketName
      .optional()
      .describe('S3 bucket that is the archive; the directory then holds only what is not uploaded yet'),
    prefix: z.string().max(200).optional().describe('key prefix in the bucket'),
    region: z
      .string()
      .min(1)
      .optional()
      .describe('region in which the bucket is looked up first; by default the region in use'),
    encryption: oneOf(['AES256', 'aws:kms'])
      .optional()
      .describe('server-side encryption, AES256 or aws:kms; by default as the bucket is configured'),
    keep: z
      .union([z.string(), z.number()], { error: 'must be a duration, or a number of runs' })
      .transform(String)
      .refine((value) => parseRetention(value) !== undefined, {
        error: 'must be a duration such as 90d, or a number of runs such as 500',
      })
      .meta({ type: ['string', 'integer'], pattern: '^([1-9]\\d{0,6}|\\d{1,6}(\\.\\d+)?(s|min|m|h|d|w))$' })
      .optional()
      .describe(
        'how long runs are kept in the archive, 90d for example, or how many of them; at the end of a run older ones that have ended are removed; by default all are kept',
      ),
  }),
});

/** Every setting: the common ones, and a group of each fleet's. */
export function settingsSchema(kinds: readonly FleetKind[]) {
  const [first = '', ...others] = kinds.map(({ name }) => name);
  return commonSchema.extend({
    fleet: oneOf([first, ...others]),
    ...Object.fromEntries(kinds.map(({ name, schema }) => [name, schema])),
  });
}

/** Settings as they are written, before they are judged. */
export type RawSettings = z.input<typeof commonSchema>;
/** Settings once judged. */
export type Settings = z.output<typeof commonSchema>;

/** What holds where nothing else is said, but for what is a fleet's. A goal is required with text schemes. */
export const defaults = {
  maxN: 1000,
  minN: 1,
  confirmAbove: 1,
  fleet: 'local',
  scheme: 'hex-chain',
  smallest: false,
  kernel: 'auto',
  linger: 120,
  checkpoint: 0,
  replace: false,
  sshConfig: true,
  logs: { directory: 'logs' },
} satisfies Partial<RawSettings>;

/** What holds where nothing else is said, of each fleet too. */
export function defaultsOf(kinds: readonly FleetKind[]): Record<string, unknown> {
  return { ...defaults, ...Object.fromEntries(kinds.map((kind) => [kind.name, kind.defaults])) };
}
