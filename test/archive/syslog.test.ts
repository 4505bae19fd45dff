import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { syslogLines } from '../../src/archive/syslog.ts';
import { collect } from '../helper/collect.ts';

async function read(bytes: Buffer): Promise<{ lines: string[]; errors: string[] }> {
  const errors: string[] = [];
  const lines = await collect(syslogLines(bytes, (reason) => errors.push(reason)));
  return { lines, errors };
}

const lines = Array.from({ length: 2000 }, (_, index) => `line ${index} ${randomBytes(20).toString('hex')}`);
const whole = gzipSync(`${lines.join('\n')}\n`);

test('a whole syslog gives its lines', async () => {
  expect(await read(whole)).toEqual({ lines, errors: [] });
});

test('characters are never cut at the seams of chunks', async () => {
  const text = 'ä€😀'.repeat(20_000).replaceAll('😀', '😀\n');
  expect((await read(gzipSync(text))).lines.join('\n')).toBe(text.trimEnd());
});

test('a last line without its end is a line', async () => {
  expect(await read(gzipSync('one\ntwo'))).toEqual({ lines: ['one', 'two'], errors: [] });
});

test('an empty one has no lines', async () => {
  expect(await read(gzipSync(''))).toEqual({ lines: [], errors: [] });
});

test('a truncated one gives what was written before the tear, and says so', async () => {
  const { lines: some, errors } = await read(whole.subarray(0, whole.length / 2));
  expect(some.length).toBeGreaterThan(500);
  expect(some.slice(0, -1)).toEqual(lines.slice(0, some.length - 1));
  expect(errors).toEqual(['is truncated: it ends in the middle']);
});

test.each([1, 5, 9, 12])('one of %i bytes is torn', async (length) => {
  expect((await read(whole.subarray(0, length))).errors).toHaveLength(1);
});

test('one that lacks only its last byte is torn, and whole in its lines', async () => {
  expect(await read(whole.subarray(0, -1))).toMatchObject({
    lines,
    errors: [expect.stringContaining('truncated')],
  });
});

test('what is not gzip is torn', async () => {
  const { lines: none, errors } = await read(
    Buffer.from('Nov 20 08:11:03 plain text, long enough to be one'),
  );
  expect(none).toEqual([]);
  expect(errors).toEqual(['is torn: incorrect header check']);
});

test('a line without an end is cut: it must not fill the memory', async () => {
  const { lines: cut } = await read(gzipSync(Buffer.alloc(1_000_000, 'x')));
  expect(cut.length).toBeGreaterThan(5);
  expect(cut.join('')).toHaveLength(1_000_000);
});
