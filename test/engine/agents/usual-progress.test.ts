import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAgentMessage, usualProgress } from '../../../src/engine/agents/agent-message.ts';

const nonce = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String),
  fc.constantFrom('', '00', '01', '-1', '1e3', '1'.repeat(22), ' 1', '1n'),
  fc.constantFrom<unknown>(0, null, [], true),
);
const range = fc.oneof(
  fc.tuple(nonce, nonce),
  fc.constantFrom<unknown>([], ['1'], ['1', '2', '3'], '12', null, { 0: '1', 1: '2', length: 2 }),
);
const number = fc.oneof(
  { weight: 4, arbitrary: fc.nat() },
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom<unknown>(-1, 2 ** 53, -0, 0.5, '1', null, true, undefined),
);
const list = (item: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.array(item, { maxLength: 3 }) },
    fc.constantFrom<unknown>({}, null, 'a'),
  );
const report = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ residue: number, next: nonce, done: list(range), more: fc.boolean() }),
  },
  fc.constantFrom<unknown>(null, [], {}),
);
const progress = fc.record(
  { event: fc.constant('progress'), residues: list(report), hashes: number, rate: number, speed: number },
  { requiredKeys: ['event'] },
);

test('progress is judged and understood as the schema does it', () => {
  // What has a number, even one that does not count, is left to the schema.
  const bySchema = (value: object) => parseAgentMessage(JSON.stringify({ ...value, seq: 'none' }));
  fc.assert(
    fc.property(progress, (value) => {
      expect(parseAgentMessage(JSON.stringify(value))).toStrictEqual(bySchema(value));
    }),
    { numRuns: 2000 },
  );
});

test('what agents say every second needs no schema', () => {
  const residues = [{ residue: 3, next: '12', done: [['13000000', '13000512']] }];
  const understood = [{ residue: 3, next: 12n, done: [[13_000_000n, 13_000_512n]] }];
  const said = { event: 'progress', residues, hashes: 512, rate: 1024.5, speed: 1024.5 };
  expect(usualProgress(said)).toEqual({ ...said, residues: understood });
  expect(usualProgress({ ...said, seq: 1 })).toBeUndefined();
});
