import { getEventListeners } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { LineReader } from '../../../src/fleet/local/line-reader.ts';

test('lines come whole and in order, however they were cut', async () => {
  const stream = new PassThrough();
  const lines = new LineReader(stream);
  stream.write('on');
  stream.write('e\ntwo\nthr');
  stream.end('ee');
  expect([await lines.next(), await lines.next(), await lines.next(), await lines.next()]).toEqual([
    'one',
    'two',
    undefined,
    undefined,
  ]);
});

test('a stream that breaks off is over', async () => {
  const stream = new PassThrough();
  const next = new LineReader(stream).next();
  stream.destroy(new Error('reset'));
  expect(await next).toBeUndefined();
});

test('waiting can be aborted', async () => {
  const next = new LineReader(new PassThrough()).next(AbortSignal.timeout(5));
  await expect(next).rejects.toThrow(/timeout/);
});

test('a signal that outlives a thousand lines keeps no listener of any', async () => {
  const { signal } = new AbortController();
  const stream = new PassThrough();
  const lines = new LineReader(stream);
  for (let line = 0; line < 1000; line++) {
    const next = lines.next(signal);
    stream.write(`${line}\n`);
    expect(await next).toBe(`${line}`);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  }
});

test('an endless line is not collected for ever', async () => {
  const stream = new PassThrough();
  const next = new LineReader(stream).next();
  for (let part = 0; part < 5; part++) stream.write('x'.repeat(2 ** 20));
  expect(await next).toBeUndefined();
});
