import type { Scheme } from '../puzzle/puzzle.ts';

/**
 * Nonces per second of one thread of the fastest kernel and processor that were measured (remote/kernel/README.md: AVX-512, a
 * Zen 5 EPYC at 4.2 GHz, 2026).
 */
export const fastestKnown: Readonly<Record<Scheme, number>> = {
  'hex-chain': 53_400_000,
  sha256d: 74_300_000,
  sha256: 165_000_000,
  bitcoin: 74_400_000,
};
