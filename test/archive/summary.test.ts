import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirectoryArchive } from '../../src/archive/directory.ts';
import { summaries } from '../../src/archive/index/listing.ts';
import { summarize } from '../../src/archive/summary.ts';
import { CndError } from '../../src/error.ts';

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
  [JSON.stringify({ ...begun, run: '20261120-081103-aaaa' }), 'run.json belongs to another run'],
])('a record of %j is torn, unless the run is only beginning', (text, error) => {
  const summary = summarize(run, text, false);
  expect(summary).toMatchObject({ status: 'torn', startedAt: '2026-11-20T08:11:03.000Z' });
  expect(summary.error).toContain(error);
  expect(summarize(run, text, true).status).toBe('running');
});

describe('a record that is there and cannot be read', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cnd-summary-'));
    for (const id of [run, '20261119-000000-aaaa']) {
      mkdirSync(join(folder, id));
      writeFileSync(join(folder, id, 'run.json'), JSON.stringify({ ...begun, run: id, ended }));
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The archive in the folder, but for one run that cannot be opened. */
  class Broken extends DirectoryArchive {
    readonly #error: CndError;
    constructor(error: CndError) {
      super(folder);
      this.#error = error;
    }
    override open(id: string, name: string) {
      return id === run ? Promise.reject(this.#error) : super.open(id, name);
    }
  }

  test('is told as that, with why and what to do, and says nothing of the others', async () => {
    const denied = new CndError('aws-denied', 'AccessDenied: no', { hint: 'the caller needs s3:GetObject' });
    expect(await summaries(new Broken(denied), {}, new Set())).toMatchObject([
      { run, status: 'unreadable', error: 'AccessDenied: no (the caller needs s3:GetObject)' },
      { run: '20261119-000000-aaaa', status: 'found' },
    ]);
    expect(await summaries(new Broken(denied), { prefix: run }, new Set([run]))).toMatchObject([
      { run, status: 'running' },
    ]);
  });

  test.each(['aws-expired', 'aws-no-credentials', 'aws-unreachable'])(
    'for a reason that is none of its own (%s) is told once for all',
    async (code) => {
      const expired = new CndError(code, 'the AWS credentials have expired');
      await expect(summaries(new Broken(expired), {}, new Set())).rejects.toBe(expired);
    },
  );
});
