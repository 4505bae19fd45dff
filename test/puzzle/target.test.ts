import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/error.ts';
import { targetFromBits, targetHex } from '../../src/puzzle/target.ts';

describe('targetFromBits', () => {
  // Vectors of Bitcoin Core, src/test/arith_uint256_tests.cpp (bignum_SetCompact).
  it.each([
    [0x01123456, 0x12n],
    [0x02123456, 0x1234n],
    [0x03123456, 0x123456n],
    [0x04123456, 0x12345600n],
    [0x05009234, 0x92340000n],
    [0x1d00ffff, 0xffffn << 208n],
    [0x20123456, 0x123456n << 232n],
    [0x207fffff, 0x7fffffn << 232n],
    [0x2100ffff, 0xffffn << 240n],
    [0x220000ff, 0xffn << 248n],
  ])('%i is a target', (bits, target) => {
    expect(targetFromBits(bits)).toBe(target);
  });

  it.each([
    0, 0x00123456, 0x01003456, 0x02000056, 0x03000000, 0x04000000, 0x00923456, 0x01803456, 0x23000000,
  ])('%i is refused as zero', (bits) => {
    expect(() => targetFromBits(bits)).toThrow(/the target is zero/u);
  });

  it.each([0x01fedcba, 0x04923456, 0x1d80ffff])('%i is refused as negative', (bits) => {
    expect(() => targetFromBits(bits)).toThrow(/the target is negative/u);
  });

  it.each([0xff123456, 0x23000001, 0x22000100, 0x21010000])('%i is refused as an overflow', (bits) => {
    expect(() => targetFromBits(bits)).toThrow(/does not fit in 256 bits/u);
  });

  it('names the field, the value and a remedy', () => {
    expect(() => targetFromBits(0)).toThrow(
      expect.objectContaining({
        constructor: UsageError,
        about: 'header',
        message: expect.stringContaining('0x00000000'),
        hint: expect.stringContaining('bytes 72–75'),
      }),
    );
  });
});

describe('targetHex', () => {
  it('has 64 digits, most significant first', () => {
    expect(targetHex(targetFromBits(0x1d00ffff))).toBe(`00000000ffff${'0'.repeat(52)}`);
    expect(targetHex(0x12n)).toBe(`${'0'.repeat(62)}12`);
  });
});
