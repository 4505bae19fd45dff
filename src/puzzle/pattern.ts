import { UsageError } from '../error.ts';
import { shown } from '../text.ts';
import type { DigestGoal, Unit } from './puzzle.ts';

const digestDigits = 64;

/**
 * Hex digits that a digest must have at its start (`prefix`), at its end (`suffix`) or all in all (`digest`), in lower case.
 *
 * @throws UsageError when they are anything else.
 */
export function parsePattern(field: 'prefix' | 'suffix' | 'digest', text: string): string {
  const least = field === 'digest' ? digestDigits : 1;
  const wrong = /[^0-9a-f]/iu.exec(text);
  const why = wrong
    ? `has ${JSON.stringify(wrong[0])} at position ${wrong.index}, which is not a hex digit`
    : text.length < least || text.length > digestDigits
      ? `has ${text.length} characters, not ${least === digestDigits ? '' : '1 to '}${digestDigits} hex digits`
      : undefined;
  if (why === undefined) return text.toLowerCase();
  throw new UsageError(`bad-${field}`, `${field} is ${shown(text)}: it ${why}`, {
    about: field,
    hint: `Give ${least === digestDigits ? `all ${digestDigits}` : `1 to ${digestDigits}`} hex digits of the digest, without 0x.`,
  });
}

/**
 * A goal as the bits that a digest must have: counted in `order` (`last`: from the last bit on), the first `bits` of them equal
 * those of `wanted`, which is zero beyond.
 */
export interface WantedBits {
  readonly order: Exclude<Unit, 'digits'> | 'last';
  readonly bits: number;
  readonly wanted: Buffer;
}

/** A goal as the bits that a digest must have. Pure. */
export function wantedBits(goal: DigestGoal): WantedBits {
  if ('difficulty' in goal) {
    const isDigits = goal.unit === 'digits';
    const wanted = Buffer.alloc(digestDigits / 2);
    if (goal.unit === 'bits-lsb') return { order: 'bits-lsb', bits: goal.difficulty, wanted };
    return { order: 'bits', bits: isDigits ? 4 * goal.difficulty : goal.difficulty, wanted };
  }
  if ('suffix' in goal) {
    const wanted = Buffer.from(goal.suffix.padStart(digestDigits, '0'), 'hex');
    return { order: 'last', bits: 4 * goal.suffix.length, wanted };
  }
  const digits = 'prefix' in goal ? goal.prefix : goal.digest;
  return {
    order: 'bits',
    bits: 4 * digits.length,
    wanted: Buffer.from(digits.padEnd(digestDigits, '0'), 'hex'),
  };
}
