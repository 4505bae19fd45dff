import { UsageError } from '../error.ts';
import type { Unit } from './puzzle.ts';

/** The largest difficulty of each unit: as many zeros as a SHA-256 digest has digits or bits. */
const maximumDifficulty: Readonly<Record<Unit, number>> = { digits: 64, bits: 256, 'bits-lsb': 256 };

/**
 * A difficulty that a digest can have: a whole number from 0 to the maximum of its unit.
 *
 * @throws UsageError when it is anything else.
 */
export function parseDifficulty(difficulty: number, unit: Unit): number {
  const maximum = maximumDifficulty[unit];
  if (!Number.isInteger(difficulty) || difficulty < 0 || difficulty > maximum) {
    const must = `must be a whole number of leading zero ${unit} from 0 to ${maximum}`;
    const hint = `Give a whole number from 0 to ${maximum}${unit === 'digits' ? ', or count in --unit bits' : ''}.`;
    throw new UsageError('bad-difficulty', `difficulty is ${difficulty}: ${must}`, {
      about: 'difficulty',
      hint,
    });
  }
  return difficulty + 0; // -0 becomes 0
}
