import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CndError } from '../../src/error.ts';
import { type Checkpoint, parseCheckpoint } from '../../src/event/checkpoint.ts';
import { coveredBy } from '../../src/search/covered.ts';

const run = '20261120-081103-x7k2';
const good: Checkpoint = {
  schema: 1,
  run,
  savedAt: '2026-11-20T08:11:33.000Z',
  startedAt: '2026-11-20T08:11:03.000Z',
  expiresAt: '2026-11-20T08:15:03.000Z',
  host: 'laptop',
  where: 'eu-west-1',
  account: '123456789012',
  instances: [{ index: 0, id: 'i-0abc' }],
  config: {
    N: 2,
    T: 200,
    fleet: 'ec2',
    puzzle: { scheme: 'hex-chain', block: 'COMSM0010cloud', unit: 'digits', difficulty: 8 },
    from: '0',
    limit: '4294967296',
    chunk: '1000000',
    smallest: false,
    kernel: 'auto',
    settings: { types: ['c7a.medium'], spot: false },
  },
  coverage: {
    from: '0',
    chunk: '1000000',
    stride: 2,
    residues: [
      { residue: 0, next: '4', done: [['4000000', '4000100']] },
      { residue: 1, next: '1', done: [] },
    ],
  },
  hit: { nonce: '116', digest: '00'.repeat(32) },
};
const parse = (value: unknown): Checkpoint => parseCheckpoint(JSON.stringify(value), run);

describe('a checkpoint', () => {
  test('is read as it was written, without what this version does not know', () => {
    expect(parse(good)).toEqual(good);
    const puzzle = { scheme: 'sha256', template: '{nonce:x}', suffix: 'cafe' };
    const other = { ...good, config: { ...good.config, puzzle } };
    expect(parse(other)).toEqual(other);
    const more = { ...good, command: 'rm -rf /', config: { ...good.config, jump: { via: 'evil@host' } } };
    expect(parse(more)).toEqual(good);
  });

  test.each([
    ['of another run', { ...good, run: '20261120-081103-aaaa' }],
    ['of a newer version', { ...good, schema: 2 }],
    ['with a region that is none', { ...good, where: 'eu-west-1/../x' }],
    ['with a number of 21 digits', { ...good, config: { ...good.config, limit: '9'.repeat(21) } }],
    ['with a long text', { ...good, host: 'x'.repeat(201) }],
    [
      'with settings that are objects',
      { ...good, config: { ...good.config, settings: { jump: { via: 'evil@host' } } } },
    ],
    [
      'with too many residues',
      {
        ...good,
        coverage: {
          ...good.coverage,
          residues: Array.from({ length: 100_001 }, (_, residue) => ({ residue, next: '0', done: [] })),
        },
      },
    ],
  ])('%s is refused', (_, value) => {
    expect(() => parse(value)).toThrow(/the checkpoint of .* cannot be used/);
  });

  test('whatever bytes there are, it is one of this run or an error in words', () => {
    const whole = JSON.stringify(good);
    const torn = fc.nat(whole.length).map((length) => whole.slice(0, length));
    const changed = fc
      .tuple(fc.nat(whole.length - 1), fc.string({ maxLength: 4 }))
      .map(([at, text]) => whole.slice(0, at) + text + whole.slice(at + text.length));
    // A value anywhere in it is replaced by any other.
    const mutated = fc.tuple(fc.nat(60), fc.jsonValue()).map(([at, other]) => {
      let count = 0;
      return JSON.stringify(good, (_, value: unknown) => (count++ === at ? other : value)) ?? '';
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), torn, changed, mutated, fc.json()), (content) => {
        let read: Checkpoint;
        try {
          read = parseCheckpoint(content, run);
        } catch (error) {
          expect(error).toBeInstanceOf(CndError);
          return;
        }
        expect(read.run).toBe(run);
        // What it says was tested is in its space, or refused.
        const limit = BigInt(read.config.limit);
        try {
          for (const [lo, hi] of coveredBy(read.coverage, limit)) {
            expect(lo >= BigInt(read.coverage.from) && lo < hi && hi <= limit).toBe(true);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'coverage-damaged' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
