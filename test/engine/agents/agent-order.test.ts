import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { makePuzzle } from '../../../src/puzzle/definition.ts';
import { type Job, jobLine, orderLine } from '../../../src/engine/agents/agent-order.ts';
import { genesis, genesisHeader } from '../../puzzle/example.ts';

const job: Job = {
  run: '20261120-081103-x7k2',
  worker: 0,
  puzzle: makePuzzle({ difficulty: 6 }),
  space: { from: 0n, limit: 2n ** 32n, chunk: 1_000_000n },
  stride: 4,
  residues: [{ residue: 0, next: 0n }],
  threads: 1,
  seconds: 55.2,
  linger: 120,
  smallest: false,
  kernel: 'auto',
  near: 24,
  broadcast: undefined,
};

test('the job of docs/agent.md, to the letter', () => {
  expect(jobLine(job)).toBe(
    `${JSON.stringify({
      run: '20261120-081103-x7k2',
      worker: 0,
      puzzle: {
        scheme: 'hex-chain',
        block: '434f4d534d30303130636c6f7564',
        unit: 'digits',
        difficulty: 6,
      },
      from: '0',
      limit: '4294967296',
      chunk: '1000000',
      stride: 4,
      residues: [{ residue: 0, next: '0' }],
      threads: 1,
      seconds: 55.2,
      linger: 120,
      smallest: false,
      kernel: 'auto',
      near: 24,
      broadcast: null,
    })}\n`,
  );
});

test('a header puzzle with its target; one kernel per core is null', () => {
  const said: unknown = JSON.parse(jobLine({ ...job, puzzle: genesis, threads: undefined }));
  expect(said).toMatchObject({
    puzzle: { scheme: 'bitcoin', header: genesisHeader, target: `00000000ffff${'0'.repeat(52)}` },
    threads: null,
  });
});

test.for([
  [{ order: 'stop' }, '{"order":"stop"}'],
  [{ order: 'ping', seen: 7 }, '{"order":"ping","seen":7}'],
  [{ order: 'adopt', residue: 3, next: 12n }, '{"order":"adopt","residue":3,"next":"12"}'],
  [{ order: 'release', residue: 3, from: 500n }, '{"order":"release","residue":3,"from":"500"}'],
  [{ order: 'bound', nonce: 116n }, '{"order":"bound","nonce":"116"}'],
] as const)('the order $1', ([order, json]) => {
  expect(orderLine(order)).toBe(`${json}\n`);
});

test('nonces and chunks keep every digit, and a line is one line whatever is in the block', () => {
  const nonce = fc.bigInt(0n, 2n ** 64n - 1n);
  fc.assert(
    fc.property(nonce, nonce, fc.string({ minLength: 0, maxLength: 20 }), (from, next, noise) => {
      const block = noise.replace(/[^\x20-\x7e]/g, '"');
      const line = jobLine({
        ...job,
        puzzle: makePuzzle({ difficulty: 1, block }),
        space: { ...job.space, from },
        residues: [{ residue: 1, next }],
      });
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(JSON.parse(line)).toMatchObject({
        from: `${from}`,
        residues: [{ residue: 1, next: `${next}` }],
        puzzle: { block: Buffer.from(block).toString('hex') },
      });
      expect(JSON.parse(orderLine({ order: 'bound', nonce: next }))).toEqual({
        order: 'bound',
        nonce: `${next}`,
      });
    }),
  );
});

test('an agent that takes part in the broadcast is told where it is, and no secret', () => {
  const broadcast = {
    kind: 'sqs',
    queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/cnd-20261120-081103-x7k2',
    region: 'eu-west-1',
    endpoint: 'https://sqs.eu-west-1.amazonaws.com',
    imds: 'http://169.254.169.254',
  } as const;
  expect(JSON.parse(jobLine({ ...job, broadcast }))).toMatchObject({ broadcast });
});
