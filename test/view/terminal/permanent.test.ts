import { expect, test } from 'vitest';
import { permanentLine } from '../../../src/view/terminal/permanent.ts';
import { eventAt, launched, searching } from './run.ts';

test('what a person should still see later stays as a line', () => {
  const lost = { instance: 3, code: 'session-lost', reason: 'gone\u001B[2J', retrying: false };
  expect(permanentLine(eventAt(1, 'instance.lost', lost), false)).toEqual({
    text: '#3 lost: gone?[2J',
    style: 'red',
  });
  const notable = [
    eventAt(1, 'warning', { message: 'x' }),
    eventAt(1, 'instance.adopted', { instance: 0, residue: 1, next: '2' }),
    eventAt(1, 'instance.error', { instance: 0, message: 'x' }),
    eventAt(1, 'hit', { instance: 0, nonce: '1', digest: '0', elapsed: 1 }),
    eventAt(1, 'hit.rejected', { instance: 0, nonce: '1', digest: '0', reason: 'x' }),
    eventAt(1, 'run.interrupted', { signal: 'SIGINT', count: 1 }),
    eventAt(1, 'logs.missing', { instance: 0, reason: 'x' }),
    eventAt(1, 'cleanup.failed', { what: 'x', reason: 'y' }),
    eventAt(1, 'search.stopped', { reason: 'x', latency: 1, unconfirmed: [2] }),
  ];
  for (const event of notable) expect(permanentLine(event, false)?.text).toBeTypeOf('string');
});

test('what the live area shows is no line of its own; --verbose asks for more, but not for progress', () => {
  const events = [...launched(1).slice(2), ...searching(0)];
  expect(events.flatMap((event) => permanentLine(event, false) ?? [])).toEqual([]);
  const verbose = events.flatMap((event) => permanentLine(event, true)?.text ?? []);
  expect(verbose).toEqual([
    '#0 launched as i-0',
    '#0 running at 127.0.0.1:2222',
    '#0 answers SSH',
    '#0 worker uploaded (1,000 bytes)',
    '#0 searching with pow.c (avx512), 2 threads',
  ]);
});
