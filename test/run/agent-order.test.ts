import { expect, test } from 'vitest';
import { makePuzzle } from '../../src/puzzle/definition.ts';
import { type Job, jobLine } from '../../src/run/agent-order.ts';

const job: Job = {
  run: '20261120-081103-x7k2',
  worker: 3,
  puzzle: makePuzzle({ difficulty: 2 }),
  space: { from: 0n, limit: 2n ** 64n - 1n, chunk: 1_000_000n },
  stride: 4,
  residues: [{ residue: 3, next: 3n }],
  threads: undefined,
  seconds: 12.5,
  smallest: false,
  kernel: 'auto',
  broadcast: undefined,
};

test('a job is one line, with big numbers as strings', () => {
  const line = jobLine(job);
  expect(line.endsWith('\n')).toBe(true);
  expect(JSON.parse(line)).toMatchObject({ limit: '18446744073709551615', threads: null, broadcast: null });
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
