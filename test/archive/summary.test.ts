import { expect, test } from 'vitest';
import { summarize } from '../../src/archive/summary.ts';

const run = '20261120-081103-x7k2';
const begun = {
  run,
  startedAt: '2026-11-20T08:11:03.500Z',
  versions: {},
  config: { N: 8, T: 200, fleet: 'local', puzzle: { scheme: 'hex-chain', unit: 'digits', difficulty: 2 } },
};
const ended = { outcome: 'found', exitCode: 0, elapsed: 2.5, nonce: '116', digest: '00a7', tested: '116' };
const of = (record: object, alive = false) => summarize(run, JSON.stringify(record), alive);

test('a run that ended has its outcome', () => {
  expect(of({ ...begun, endedAt: '2026-11-20T08:11:06.000Z', ended })).toMatchObject({
    run,
    status: 'found',
    startedAt: '2026-11-20T08:11:03.500Z',
    record: { config: { N: 8 }, ended: { nonce: '116' } },
  });
});

test('one without an end is running as long as its controller is, and unfinished afterwards', () => {
  expect(of(begun, true).status).toBe('running');
  expect(of(begun).status).toBe('unfinished');
  expect(of({ ...begun, ended }, true).status).toBe('found');
});

test.each([
  [undefined, 'run.json is missing'],
  ['', 'run.json is empty'],
  ['{"run": "2026', 'run.json is torn'],
  ['[]', 'run.json is torn'],
  [JSON.stringify({ ...begun, ended: { ...ended, outcome: 'won' } }), 'run.json is torn'],
  [JSON.stringify({ ...begun, run: '20261120-081103-aaaa' }), 'run.json is that of another run'],
])('a record of %j is torn, unless the run is only beginning', (text, trouble) => {
  const summary = summarize(run, text, false);
  expect(summary).toMatchObject({ status: 'torn', startedAt: '2026-11-20T08:11:03.000Z' });
  expect(summary.trouble).toContain(trouble);
  expect(summarize(run, text, true).status).toBe('running');
});
