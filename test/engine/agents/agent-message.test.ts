import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAgentMessage } from '../../../src/engine/agents/agent-message.ts';

const digest = 'a'.repeat(64);
const ready = {
  event: 'ready',
  kernel: 'kernel',
  isa: 'avx2',
  cores: 2,
  threads: 2,
  python: '3.12.1',
};
const parse = (value: unknown) => parseAgentMessage(JSON.stringify(value));

describe('what an agent says', () => {
  test.each([
    [ready, ready],
    [
      { ...ready, note: 'no C kernel', later: 'field' },
      { ...ready, note: 'no C kernel' },
    ],
    [
      {
        event: 'progress',
        residues: [
          { residue: 1, next: '18446744073709551615', done: [['9007199254740993', '9007199254740995']] },
        ],
        hashes: 12,
        rate: 0.5,
      },
      {
        event: 'progress',
        residues: [{ residue: 1, next: 2n ** 64n - 1n, done: [[9007199254740993n, 9007199254740995n]] }],
        hashes: 12,
        rate: 0.5,
      },
    ],
    [
      { event: 'hit', nonce: '18446744073709551614', digest },
      { event: 'hit', nonce: 2n ** 64n - 2n, digest },
    ],
    [
      { event: 'hit', nonce: '116', digest, instance: 7 },
      { event: 'hit', nonce: 116n, digest, instance: 7 },
    ],
    [{ event: 'idle' }, { event: 'idle' }],
    [
      { event: 'released', residue: 0, next: '0', done: [] },
      { event: 'released', residue: 0, next: 0n, done: [] },
    ],
    [
      { event: 'stopped', reason: 'order' },
      { event: 'stopped', reason: 'order' },
    ],
    [
      { event: 'error', message: 'kernel 0 died' },
      { event: 'error', message: 'kernel 0 died' },
    ],
  ])('%j', (said, understood) => {
    expect(parse(said)).toEqual(understood);
  });

  test.each([-1, 1.5, 1_000_001, '7', null])('a hit counts although it names instance %j', (instance) => {
    expect(parse({ event: 'hit', nonce: '116', digest, instance })).toEqual({
      event: 'hit',
      nonce: 116n,
      digest,
    });
  });

  test('every nonce is exact', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (nonce) => {
        expect(parse({ event: 'hit', nonce: `${nonce}`, digest })).toEqual({ event: 'hit', nonce, digest });
      }),
    );
  });
});

describe('what is no message', () => {
  const progress = { event: 'progress', residues: [], hashes: 0, rate: 0 };
  const residue = { residue: 0, next: '0', done: [] };
  test.each([
    { event: 'reboot' },
    { event: 'hit', nonce: 116, digest },
    { event: 'hit', nonce: '0x74', digest },
    { event: 'hit', nonce: '-1', digest },
    { event: 'hit', nonce: '007', digest },
    { event: 'hit', nonce: '9'.repeat(22), digest },
    { event: 'hit', nonce: '1', digest: digest.slice(1) },
    { event: 'hit', nonce: '1', digest: 'A'.repeat(64) },
    { event: 'hit', nonce: '1', digest: `${digest}\n` },
    { event: 'hit', nonce: '1' },
    { ...ready, cores: -1 },
    { ...ready, threads: 1.5 },
    { ...ready, cores: 1_000_001 },
    { ...ready, isa: 'x'.repeat(4001) },
    { event: 'error', message: 'x'.repeat(4001) },
    { event: 'stopped' },
    { ...progress, rate: -1 },
    { ...progress, rate: null },
    { ...progress, hashes: 2 ** 53 },
    { ...progress, residues: [{ ...residue, done: [['1']] }] },
    { ...progress, residues: [{ ...residue, done: [['1', '2', '3']] }] },
    { ...progress, residues: [{ ...residue, residue: -1 }] },
    { ...progress, residues: Array.from({ length: 10_001 }, () => residue) },
    { ...progress, residues: [{ ...residue, done: Array.from({ length: 10_001 }, () => ['0', '1']) }] },
    null,
    [],
    'idle',
  ])('%#', (said) => {
    expect(parse(said)).toBeUndefined();
  });

  test('a rate beyond all numbers', () => {
    expect(parseAgentMessage('{"event":"progress","residues":[],"hashes":0,"rate":1e999}')).toBeUndefined();
  });

  test('arbitrary bytes and JSON never throw, and what passes is typed', () => {
    const event = fc.constantFrom('ready', 'progress', 'hit', 'idle', 'released', 'stopped', 'error', 'x');
    const almost = fc.record({
      event,
      nonce: fc.oneof(fc.string(), fc.jsonValue()),
      digest: fc.oneof(fc.constant(digest), fc.string()),
      residue: fc.jsonValue(),
      residues: fc.array(fc.jsonValue()),
      next: fc.oneof(fc.string(), fc.double().map(String)),
      done: fc.array(fc.array(fc.oneof(fc.string(), fc.integer().map(String)))),
      hashes: fc.oneof(fc.nat(), fc.double()),
      rate: fc.oneof(fc.nat(), fc.double()),
      message: fc.jsonValue(),
      reason: fc.string(),
    });
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.json(),
      almost.map((value) => JSON.stringify(value)),
      almost.map((value) => JSON.stringify(value).slice(0, -3)),
      fc.constantFrom('', '{', '{"event":"hit"', '{"__proto__":{"event":"idle"}}', '['.repeat(100_000)),
    );
    fc.assert(
      fc.property(line, (text) => {
        const message = parseAgentMessage(text);
        const next = message?.event === 'released' ? message.next : 0n;
        const hex = message?.event === 'hit' ? message.digest : digest;
        const rate = message?.event === 'progress' ? message.rate : 0;
        expect([typeof next, hex.length, rate >= 0]).toEqual(['bigint', 64, true]);
      }),
      { numRuns: 500 },
    );
  });
});
