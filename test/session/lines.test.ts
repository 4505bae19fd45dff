import { Readable } from 'node:stream';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lines, type LineOptions } from '../../src/session/lines.ts';

async function split(chunks: readonly (Buffer | string)[], options?: LineOptions): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines(Readable.from(chunks, { objectMode: true }), options)) all.push(line);
  return all;
}

/** Cuts bytes at the given places, wherever that is in a character. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  borders.sort((a, b) => a - b);
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
}

describe('lines', () => {
  it('gives back what was joined, wherever the chunks are cut', async () => {
    const line = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (expected, places) => {
        const bytes = Buffer.from(expected.map((text) => `${text}\n`).join(''));
        expect(await split(cut(bytes, places))).toEqual(expected);
      }),
    );
  });

  it('does not take the unfinished end for a line', async () => {
    expect(await split(['one\ntw', 'o\nthr', 'ee'])).toEqual(['one', 'two']);
  });

  it('drops overlong lines, says how long they were, and goes on', async () => {
    const overlong: number[] = [];
    const options = { maxLength: 3, onOverlong: (length: number) => void overlong.push(length) };
    expect(await split(['abc\nabcd\nab', 'cde\n', 'x\n', '123456789'], options)).toEqual(['abc', 'x']);
    expect(overlong).toEqual([4, 5]);
  });

  it('shows bad bytes instead of failing', async () => {
    expect(await split([Buffer.from([0x61, 0xff, 0x0a])])).toEqual(['a�']);
  });
});
