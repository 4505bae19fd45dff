import { UsageError } from '../../error.ts';
import { visible } from '../../text.ts';
import type { Arguments } from '../command.ts';

/** The probability of success that is wanted, by default 0.95. @throws UsageError */
export function confidenceOf(flags: Arguments): number {
  const confidence = numberFlag(flags, 'confidence', 'above 0 and below 1: no search is certain', 0.95);
  if (confidence > 0 && confidence < 1) return confidence;
  throw refused(
    'confidence',
    flags['confidence'],
    'must be above 0 and below 1: no search is certain',
    '0.95',
  );
}

/** A flag that is a number. @throws UsageError */
export function numberFlag(flags: Arguments, name: string, what: string, otherwise: number): number {
  const given = flags[name];
  if (given === undefined) return otherwise;
  const value = typeof given === 'string' && /^\d+(\.\d+)?$/.test(given) ? Number(given) : NaN;
  if (Number.isFinite(value)) return value;
  throw refused(name, given, `must be a number, ${what}`, name === 'budget' ? '0.50' : '0.95');
}

/** The error of a flag that cannot be. */
export function refused(name: string, value: unknown, why: string, example: string): UsageError {
  return new UsageError('bad-flag', `--${name} is '${visible(String(value))}': ${why}`, {
    about: name,
    hint: `for example --${name} ${example}`,
  });
}
