import type { Unit } from './puzzle.ts';

/** Leading zeros of a digest, counted in `unit`; all zeros counts every one (64 digits or 256 bits of SHA-256). */
export function leadingZeros(digest: Uint8Array, unit: Unit): number {
  const index = digest.findIndex((byte) => byte !== 0);
  if (index === -1) return digest.length * zerosOfByte(0, unit);
  return index * zerosOfByte(0, unit) + zerosOfByte(digest[index] ?? 0, unit);
}

function zerosOfByte(byte: number, unit: Unit): number {
  if (unit === 'digits') return byte === 0 ? 2 : Number(byte < 0x10);
  if (unit === 'bits') return Math.clz32(byte) - 24;
  // byte & -byte keeps only the lowest set bit.
  return byte === 0 ? 8 : 31 - Math.clz32(byte & -byte);
}
