import { readFileSync } from 'node:fs';

/** A real block header: with its own nonce its digest is at most its own target. */
export interface BitcoinHeader {
  /** 80 bytes, with the nonce. */
  readonly header: Buffer;
  /** 64 hex digits, most significant first. */
  readonly target: string;
  readonly nonce: bigint;
}

/** Headers of Bitcoin and its test networks, as the tests of btcd, Bitcoin Core and others have them (bitcoin-headers.txt). */
export const bitcoinHeaders: readonly BitcoinHeader[] = readFileSync(
  new URL('bitcoin-headers.txt', import.meta.url),
  'ascii',
)
  .trimEnd()
  .split('\n')
  .map((hex) => {
    const header = Buffer.from(hex, 'hex');
    const bits = header.readUInt32LE(72);
    const target = BigInt(bits & 0xffffff) << BigInt(8 * ((bits >>> 24) - 3));
    return {
      header,
      target: target.toString(16).padStart(64, '0'),
      nonce: BigInt(header.readUInt32LE(76)),
    };
  });
