import { expect, test } from 'vitest';
import { type RunSummary, summarize } from '../../../src/archive/summary.ts';
import { archiveJson, archiveTable } from '../../../src/command/logs/archive-table.ts';

const summary = (run: string, puzzle: object, ended?: object, cost?: object): RunSummary =>
  summarize(
    run,
    JSON.stringify({
      run,
      startedAt: '2026-11-20T08:11:03.500Z',
      config: { N: 8, T: 200, fleet: 'local', puzzle },
      ...(cost && { cost }),
      ...(ended && { ended: { exitCode: 0, elapsed: 2.5, ...ended } }),
    }),
    false,
  );
const runs = [
  summary('20261120-081103-aaaa', { scheme: 'bitcoin' }, { outcome: 'found', nonce: '2083236893' }),
  summary(
    '20261120-081103-bbbb',
    { scheme: 'sha256d', unit: 'bits', difficulty: 20 },
    { outcome: 'time-limit' },
  ),
  summary('20261120-081103-cccc', { scheme: 'hex-chain', unit: 'digits', difficulty: 5 }),
  summarize('20261120-081103-dddd', undefined, false),
];

test('the table has a row for each run, and dashes for what is not known', () => {
  expect(archiveTable(runs).split('\n')).toEqual([
    'RUN                   STARTED (UTC)        FLEET  N  D         OUTCOME     DURATION  NONCE',
    '20261120-081103-aaaa  2026-11-20 08:11:03  local  8  bitcoin   found       2.50 s    2083236893',
    '20261120-081103-bbbb  2026-11-20 08:11:03  local  8  20 bits   time-limit  2.50 s    -',
    '20261120-081103-cccc  2026-11-20 08:11:03  local  8  5 digits  unfinished  -         -',
    '20261120-081103-dddd  2026-11-20 08:11:03  -      -  -         torn        -         -',
    '',
  ]);
});

test('programs get the same, with nonces as strings', () => {
  expect(JSON.parse(archiveJson(runs))).toMatchObject([
    { run: '20261120-081103-aaaa', outcome: 'found', nonce: '2083236893', scheme: 'bitcoin' },
    { outcome: 'time-limit', difficulty: 20, unit: 'bits' },
    { outcome: 'unfinished', N: 8, T: 200 },
    { outcome: 'torn', startedAt: '2026-11-20T08:11:03.000Z', error: 'run.json is missing' },
  ]);
});

test('what runs have cost is told where any of them costs something', () => {
  const puzzle = { scheme: 'hex-chain', unit: 'digits', difficulty: 5 };
  const ended = { outcome: 'found', nonce: '46697' };
  const limit = { limit: 0.5, basis: '8 × c7a.medium' };
  const paid = [
    summary('20261120-081103-aaaa', puzzle, { ...ended, cost: 0.0421, costBasis: 'c7a.medium' }, limit),
    summary('20261120-081103-bbbb', puzzle, { ...ended, costBasis: 'no price' }, { basis: 'no price' }),
    summary('20261120-081103-cccc', puzzle, ended),
  ];
  expect(archiveTable(paid).split('\n')).toEqual([
    'RUN                   STARTED (UTC)        FLEET  N  D         OUTCOME  DURATION  COST            NONCE',
    '20261120-081103-aaaa  2026-11-20 08:11:03  local  8  5 digits  found    2.50 s    at most $0.043  46697',
    '20261120-081103-bbbb  2026-11-20 08:11:03  local  8  5 digits  found    2.50 s    unknown         46697',
    '20261120-081103-cccc  2026-11-20 08:11:03  local  8  5 digits  found    2.50 s    -               46697',
    '',
  ]);
  const parsed = JSON.parse(archiveJson(paid)) as object[];
  expect(parsed[0]).toMatchObject({ cost: 0.0421, costBasis: 'c7a.medium', costLimit: 0.5 });
  expect(parsed[1]).toMatchObject({ cost: null, costBasis: 'no price' });
  expect(parsed[2]).not.toHaveProperty('cost');
});
