import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunRow, instanceColumns, runColumns } from '../../../src/command/logs/export/column.ts';
import { csv } from '../../../src/command/logs/export/csv.ts';
import { parquet } from '../../../src/command/logs/export/parquet.ts';
import { parseRecord } from '../../../src/event/record.ts';
import { noCoverage } from '../../../src/search/coverage.ts';
import { repository } from '../../helper/stage/repository.ts';

const own = process.env['CND_TEST_DUCKDB'] ?? join(repository, '.duckdb/bin/python3');
const missing = !existsSync(own) && !process.env['CI'];
if (missing) console.warn("skipped: no duckdb: python3 -m venv .duckdb && .duckdb/bin/pip install 'duckdb>=1.4,<2'"); // oxlint-disable-line no-console

/** Nasty on purpose: what RFC 4180 quotes, what a spreadsheet calculates, and more digits than a double has. */
const block = 'a "quoted", block\r\nof two lines, 0000\u00e9';
const record = {
  run: '20261120-081103-x7k2',
  startedAt: '2026-11-20T08:11:03.500Z',
  endedAt: '2026-11-20T08:11:06.000Z',
  config: {
    N: 2,
    T: 200,
    fleet: 'hosts',
    puzzle: { scheme: 'hex-chain', block, unit: 'digits', difficulty: 2 },
    from: '0',
    limit: '18446744073709551615',
    smallest: true,
  },
  instances: [
    { index: 0, id: 'h0', hashes: 116, lost: '=HYPERLINK("http://evil")', launchedAt: '2026-11-20T08:11:03.600Z' },
    { index: 1, id: 'h1', threads: 8, log: { name: 'Instance1.log.gz', bytes: 2048 } },
  ],
  ended: {
    outcome: 'found',
    exitCode: 0,
    nonce: '18446744073709551557',
    digest: '00a7',
    tested: '9007199254740993',
    rate: 1234.5,
    elapsed: 2.5,
    phases: { search: 1.25 },
    coverage: noCoverage({ from: 0n, limit: 1n, chunk: 1n }),
    smallest: true,
    logs: '/logs',
    launched: 2,
    terminated: 2,
    left: [],
  },
};

function rows(): RunRow[] {
  const parsed = parseRecord(JSON.stringify(record));
  const begun = parseRecord(JSON.stringify({ ...record, run: '20261121-000000-aaaa', endedAt: undefined, ended: undefined }));
  if (!parsed || !begun) throw new Error('the records of this test are none');
  return [
    { record: parsed, status: 'found' },
    { record: begun, status: 'unfinished' },
  ];
}
const instances = () =>
  rows().flatMap(({ record: of }) => (of.instances ?? []).map((instance) => ({ run: of.run, instance })));

test('a text that a spreadsheet would calculate is not a formula', () => {
  const table = csv(instanceColumns, instances());
  expect(table).toContain(`"'=HYPERLINK(""http://evil"")"`);
  expect(table.split('\r\n')).toHaveLength(1 + 4 + 1);
});

describe.skipIf(missing)('DuckDB reads back', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cnd-export-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What DuckDB makes of a file, as it would be given to an analyst. */
  function query(name: string, content: string | Uint8Array, from: string, select: string): unknown[] {
    const path = join(folder, name);
    writeFileSync(path, content);
    const sql = `SELECT ${select} FROM ${from.replace('FILE', `'${path}'`)}`;
    const program =
      'import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall(), default=str))';
    return JSON.parse(execFileSync(own, ['-c', program, sql], { encoding: 'utf8' })) as unknown[];
  }
  const readCsv = 'read_csv(FILE, header = true, all_varchar = true, quote = \'"\', escape = \'"\', nullstr = \'\')';

  test('CSV, every digit and line break of it', () => {
    const table = csv(runColumns, rows());
    const got = query('runs.csv', table, readCsv, 'run, outcome, nonce, tested, "limit", block, search_seconds, smallest');
    const { ended, config } = record;
    expect(got).toEqual([
      [record.run, 'found', ended.nonce, ended.tested, config.limit, block, '1.25', 'true'],
      ['20261121-000000-aaaa', 'unfinished', null, null, config.limit, block, null, 'true'],
    ]);
    const counted = query('instances.csv', csv(instanceColumns, instances()), readCsv, 'count(*), max(lost)');
    expect(counted).toEqual([[4, `'=HYPERLINK("http://evil")`]]);
  });

  test('Parquet, with types, nulls and texts as they are', async () => {
    const table = await parquet(runColumns, rows());
    const got = query(
      'runs.parquet',
      table,
      'read_parquet(FILE)',
      'nonce::UBIGINT::VARCHAR, tested, block, n + 1, exit_code, rate, smallest, epoch_ms(started_at), ended_at IS NULL',
    );
    const { ended } = record;
    expect(got).toEqual([
      [ended.nonce, ended.tested, block, 3, 0, 1234.5, true, Date.parse(record.startedAt), false],
      [null, null, block, 3, null, null, true, Date.parse(record.startedAt), true],
    ]);
    const lost = query(
      'instances.parquet',
      await parquet(instanceColumns, instances()),
      'read_parquet(FILE)',
      'run, instance, lost, log_bytes, log_truncated, threads',
    );
    expect(lost.slice(0, 2)).toEqual([
      [record.run, 0, '=HYPERLINK("http://evil")', null, null, null],
      [record.run, 1, null, 2048, false, 8],
    ]);
  });

  test('an archive without runs', async () => {
    expect(query('none.parquet', await parquet(runColumns, []), 'read_parquet(FILE)', 'count(*)')).toEqual([[0]]);
    expect(csv(runColumns, []).split('\r\n')).toHaveLength(2);
  });
});
