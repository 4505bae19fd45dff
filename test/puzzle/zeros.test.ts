import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Unit } from '../../src/puzzle/puzzle.ts';
import { leadingZeros } from '../../src/puzzle/zeros.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const zerosIn = (text: string) => /^0*/u.exec(text)?.[0].length;

describe('leadingZeros', () => {
  it.each<[string, Unit, number]>([
    ['ff', 'digits', 0],
    ['10', 'digits', 0],
    ['0f', 'digits', 1],
    ['000a', 'digits', 3],
    ['0010', 'digits', 2],
    ['80', 'bits', 0],
    ['7f', 'bits', 1],
    ['01', 'bits', 7],
    ['0001', 'bits', 15],
    ['01', 'bits-lsb', 0],
    ['80', 'bits-lsb', 7],
    ['60', 'bits-lsb', 5],
    ['000060', 'bits-lsb', 21],
    ['00'.repeat(32), 'digits', 64],
    ['00'.repeat(32), 'bits', 256],
    ['00'.repeat(32), 'bits-lsb', 256],
  ])('%s in %s is %i', (hex, unit, zeros) => {
    expect(leadingZeros(bytes(hex), unit)).toBe(zeros);
  });

  it('agrees with counting characters of the written-out digest', () => {
    fc.assert(
      fc.property(fc.nat(32), fc.uint8Array({ minLength: 0, maxLength: 32 }), (zeros, tail) => {
        const digest = Buffer.concat([Buffer.alloc(zeros), tail]).subarray(0, 32);
        const binary = [...digest].map((byte) => byte.toString(2).padStart(8, '0'));
        const mirrored = binary.map((text) => text.split('').toReversed().join(''));
        expect(leadingZeros(digest, 'digits')).toBe(zerosIn(digest.toString('hex')));
        expect(leadingZeros(digest, 'bits')).toBe(zerosIn(binary.join('')));
        expect(leadingZeros(digest, 'bits-lsb')).toBe(zerosIn(mirrored.join('')));
      }),
    );
  });
});
