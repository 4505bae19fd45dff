import {
  type Arbitrary,
  assert,
  bigInt,
  boolean,
  constant,
  constantFrom,
  date,
  double,
  integer,
  nat,
  oneof,
  option,
  property,
  record as objectOf,
  sample as samples,
  string,
  uint8Array,
} from 'fast-check';
import { expect, test } from 'vitest';
import { beginningOf, indexName, mirrored, parseIndexName, runOf } from '../../../src/archive/index/name.ts';
import { outcomes } from '../../../src/event/outcome.ts';
import type { RecordSummary } from '../../../src/event/record.ts';
import { newRunId } from '../../../src/run-id.ts';

const moment = date({
  min: new Date('2020-01-01T00:00:00Z'),
  max: new Date('2099-12-31T00:00:00Z'),
  noInvalidDate: true,
});
const hex = uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const amount = double({ min: 1e-6, max: 1e6, noNaN: true });
const optional = <T>(one: Arbitrary<T>) => option(one, { nil: undefined });
const text = string({ unit: 'binary', maxLength: 60 });

const record: Arbitrary<RecordSummary> = objectOf({
  start: moment,
  length: nat(90_000_000),
  N: integer({ min: 1, max: 1000 }),
  T: nat(864_000).map((tenths) => tenths / 10),
  fleet: constantFrom('local', 'hosts', 'ec2', 'kubernetes'),
  block: text,
  unit: optional(constantFrom('digits', 'bits')),
  difficulty: optional(nat(256)),
  cost: optional(objectOf({ limit: amount, basis: text })),
  outcome: constantFrom(...outcomes),
  elapsed: nat(86_400_000).map((ms) => ms / 1000),
  nonce: optional(bigInt(0n, 2n ** 64n - 1n).map(String)),
  digest: optional(oneof(hex, constant('00a7'))),
  isReversed: boolean(),
  other: optional(hex),
}).map(({ start, length, N, T, fleet, block, unit, difficulty, cost, ...ended }) => {
  const { outcome, elapsed, nonce, digest, isReversed, other } = ended;
  const shown = isReversed ? digest && (digest.match(/../g) ?? []).toReversed().join('') : other;
  const puzzle = { scheme: 'hex-chain', block, unit, difficulty };
  const plain = {
    run: newRunId(start),
    startedAt: start.toISOString(),
    endedAt: new Date(start.getTime() + length).toISOString(),
    config: { N, T, fleet, puzzle },
    cost,
    ended: { outcome, exitCode: 0, elapsed, nonce, digest, displayDigest: shown, costBasis: cost?.basis },
  };
  // As it is read from JSON: what is undefined is not there.
  return JSON.parse(JSON.stringify(plain)) as RecordSummary;
});

/** As a file system and S3 take names: nothing that needs escaping. */
const plainName = /^[\w.-]{1,255}$/;

test('what a listing shows of a record is in its name, but for texts that are too long', () => {
  assert(
    property(record, constantFrom('', '1k3-lx3k2j4a'), (one, stamp) => {
      const name = indexName(one, stamp) ?? '';
      expect(name).toMatch(plainName);
      expect(name.startsWith(beginningOf(one.run))).toBe(true);
      const parsed = parseIndexName(name);
      expect(parsed).toMatchObject({ run: one.run, stamp });
      if (parsed?.isShortened === false) expect(parsed.record).toEqual(one);
      const { block: _, ...puzzle } = one.config.puzzle;
      expect(parsed?.record).toMatchObject({
        startedAt: one.startedAt,
        config: { N: one.config.N, T: one.config.T, fleet: one.config.fleet, puzzle },
        ended: { outcome: one.ended?.outcome, elapsed: one.ended?.elapsed },
      });
      expect(parsed?.record.ended?.nonce).toBe(one.ended?.nonce);
      expect(parsed?.record.ended?.digest).toBe(one.ended?.digest);
    }),
  );
});

test('a usual record, with a price, fits whole', () => {
  const basis = 'c7a.medium on demand at $0.052/h and $0.005/h for its address; AWS Price List, 2026-11-29';
  const name = indexName(
    {
      run: '20261129-095326-4f6h',
      startedAt: '2026-11-29T09:53:26.123Z',
      endedAt: '2026-11-29T09:53:36.453Z',
      config: {
        N: 8,
        T: 200,
        fleet: 'ec2',
        puzzle: { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 2 },
      },
      cost: { limit: 0.0306666, basis },
      ended: {
        outcome: 'found',
        exitCode: 0,
        elapsed: 10.33,
        nonce: '2000062',
        digest: '0037bf5ed769f853a65e84ee303b48bbf15f9eed9f11a0f6bbbaddd2d667bb7c',
        cost: 0.0075944,
        costBasis: basis,
      },
    },
    '1k3-lx3k2j4a',
  );
  expect(parseIndexName(name ?? '')).toMatchObject({
    isShortened: false,
    record: { ended: { costBasis: basis } },
  });
});

test('a run that has not ended has no entry, nor has a record without sense', () => {
  assert(
    property(record, ({ ended, ...one }) => {
      expect(indexName(one, '')).toBeUndefined();
      const odd = { ...one, startedAt: 'yesterday', ...(ended && { ended }) };
      expect(indexName(odd, '')).toBeUndefined();
    }),
  );
});

test('names sort the newest run first', () => {
  assert(
    property(moment, moment, (one, other) => {
      const [a, b] = [newRunId(one), newRunId(other)];
      expect(mirrored(mirrored(a))).toBe(a);
      expect(runOf(`${beginningOf(a)}anything`)).toBe(a);
      if (a !== b) expect(beginningOf(a) < beginningOf(b)).toBe(a > b);
    }),
  );
});

test('whatever is in the folder, a name is an entry or it is not', () => {
  const bomb = beginningOf('20261129-095326-4f6h') + '1..';
  const odd = oneof(
    string(),
    string().map((end) => bomb + end),
    uint8Array({ maxLength: 300 }).map((bytes) => bomb + Buffer.from(bytes).toString('base64url')),
  );
  assert(
    property(odd, (name) => {
      const parsed = parseIndexName(name);
      if (parsed) expect(parsed.record.run).toBe(parsed.run);
    }),
  );
  expect(parseIndexName(indexName(sample(), '')?.replace('.1.', '.2.') ?? '')).toBeUndefined();
});

function sample(): RecordSummary {
  const [one] = samples(record, 1);
  if (!one) throw new Error('fast-check gives no sample');
  return one;
}
