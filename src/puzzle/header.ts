import { UsageError } from '../error.ts';
import { shown } from '../text.ts';
import type { HeaderPuzzle } from './puzzle.ts';
import { targetFromBits } from './target.ts';

const headerDigits = 160;
const bitsOffset = 72;

/** Where the nonce is in a block header: its last 4 bytes, little-endian (Bitcoin developer reference, "Block Headers"). */
export const nonceOffset = 76;

/**
 * A header as cnd keeps it: 160 lower-case hex digits whose nBits is a target that some digest can meet.
 *
 * @throws UsageError when it is anything else.
 */
export function parseHeader(text: string): string {
  if (text.length !== headerDigits) {
    throw badHeader(
      `header is ${shown(text)}: it has ${text.length} characters, not ${headerDigits} hex digits`,
    );
  }
  const wrong = /[^0-9a-f]/iu.exec(text);
  if (wrong) {
    throw badHeader(
      `header is ${shown(text)}: it has ${JSON.stringify(wrong[0])} at position ${wrong.index}, which is not a hex digit`,
    );
  }
  const header = text.toLowerCase();
  targetFromBits(headerBits(header));
  return header;
}

/** The target of a header puzzle: a digest, read as a little-endian number, must not be above it. */
export function headerTarget(puzzle: HeaderPuzzle): bigint {
  return targetFromBits(headerBits(puzzle.header));
}

function headerBits(header: string): number {
  return Buffer.from(header, 'hex').readUInt32LE(bitsOffset);
}

function badHeader(message: string): UsageError {
  return new UsageError('bad-header', message, {
    about: 'header',
    hint: 'Give all 80 bytes of a Bitcoin block header as 160 hex digits, without 0x or spaces.',
  });
}
