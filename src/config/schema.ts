import { z } from 'zod';
import { schemes, units } from '../puzzle/puzzle.ts';
import { ec2Defaults, ec2Schema } from './ec2-schema.ts';

/** The fleets that `--fleet` names. */
export const fleets = ['local', 'ec2'] as const;

/** Which kernel the agents run: the fastest that works on the instance, or always the script. */
export const kernels = ['auto', 'python'] as const;

/** T's upper end, in seconds: one day. */
export const longestTimeLimit = 86_400;

/**
 * A whole number in plain decimal, as text: no sign, fraction, exponent, hexadecimal or leading zero. Numbers in JSON
 * are taken while they are exact; beyond 2^53 JSON.parse has already lost digits, so they must be strings.
 */
const whole = (what: string) =>
  z.union([z.string(), z.number()], { error: `must be ${what}` }).transform((value, context) => {
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
  });

const boundedWhole = (what: string, least: number, most: number) =>
  whole(what)
    .refine((value) => value >= least && value <= most, { error: `must be ${what}` })
    .transform(Number);

/** A number in plain decimal, with a fraction if need be: seconds, dollars. */
const decimal = (what: string, least: number, most: number) =>
  z
    .union([z.string(), z.number()], { error: `must be ${what}` })
    .refine((value) => /^(0|[1-9]\d*)(\.\d+)?$/.test(String(value)), { error: `must be ${what}` })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: `must be ${what}` });

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
  maxN: boundedWhole('a whole number of instances, 1 or more', 1, 1_000_000),
  minN: boundedWhole('a whole number of instances, 1 or more', 1, 1_000_000),
  maxCost: decimal('an amount of US dollars', 0, 1_000_000).optional(),
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
      .min(1, 'must be the path of a directory'),
  }),
  local: z.strictObject({
    bootDelay: decimal('a number of seconds', 0, 600),
    rehearse: z.array(rehearsal, { error: 'must be a list' }),
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
  ec2: ec2Defaults,
} satisfies Partial<RawSettings>;
