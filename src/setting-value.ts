import { z } from 'zod';
import { count } from './quantity.ts';

// How settings are written, whatever layer they come from: numbers are text or JSON numbers, in plain decimal.

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
export const whole = (what: string) =>
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

/** A whole number within bounds, which its error tells. */
export const boundedWhole = (what: string, least: number, most: number) =>
  whole(bounded(what, least, most))
    .refine((value) => value >= least && value <= most, { error: `must be ${bounded(what, least, most)}` })
    .transform(Number)
    .meta(numeric('integer', wholePattern, least, most));

/** A number in plain decimal within bounds, with a fraction if need be: seconds, dollars. */
export const decimal = (what: string, least: number, most: number) =>
  z
    .union([z.string(), z.number()], { error: `must be ${bounded(what, least, most)}` })
    .refine((value) => /^(0|[1-9]\d*)(\.\d+)?$/.test(String(value)), {
      error: `must be ${bounded(what, least, most)}`,
    })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: `must be ${bounded(what, least, most)}` })
    .meta(numeric('number', decimalPattern, least, most));

/** `a number of seconds from 0 to 86,400`; a bound that is only that of exact numbers is not worth telling. */
function bounded(what: string, least: number, most: number): string {
  if (most >= Number.MAX_SAFE_INTEGER) return `${what}, ${least} or more`;
  return `${what} from ${least} to ${count(most)}`;
}

/** One of some words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** How long each step of a connection over SSH may take; the login, which is the server's matter, has longer. */
export const connectTimeout = decimal('a number of seconds', 1, 600).describe(
  'seconds to reach a machine, and again to exchange keys with it; a login may take 120 [default: 5]',
);
