import { expect, test } from 'vitest';
import { type RunSummary, summarize } from '../../../src/archive/summary.ts';
import { archiveJson, archiveTable } from '../../../src/command/logs/archive-table.ts';

const summary = (run: string, puzzle: object, ended?: object): RunSummary =>
  summarize(
    run,
    JSON.stringify({
      run,
      startedAt: '2026-11-20T08:11:03.500Z',
      config: { N: 8, T: 200, fleet: 'local', puzzle },
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
    { outcome: 'torn', startedAt: '2026-11-20T08:11:03.000Z', trouble: 'run.json is missing' },
  ]);
});
