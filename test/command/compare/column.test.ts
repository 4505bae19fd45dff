import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { comparedColumns } from '../../../src/command/compare/column.ts';
import { csv } from '../../../src/command/logs/export/csv.ts';
import { compareRuns } from '../../../src/compare/comparison.ts';
import { synthetic } from '../../compare/synthetic.ts';

test('the CSV comes back as it was through the RFC 4180 reader of Python', () => {
  const block = 'a "quoted", block\r\nof two lines';
  const { runs } = compareRuns([
    synthetic({ instances: 2, search: 1 / 3, block, cost: 0.25 }),
    synthetic({ instances: 4, search: 12.5, type: 'c7a.large' }),
  ]);
  const reader =
    'import csv, io, json, sys; t = io.TextIOWrapper(sys.stdin.buffer, newline="", encoding="utf8"); print(json.dumps(list(csv.DictReader(t, strict=True))))';
  const { stdout } = spawnSync('python3', ['-c', reader], {
    input: csv(comparedColumns, runs),
    encoding: 'utf8',
  });
  expect(JSON.parse(stdout)).toEqual(
    runs.map((run) =>
      Object.fromEntries(comparedColumns.map(({ name, of }) => [name, String(of(run) ?? '')])),
    ),
  );
  expect(JSON.parse(stdout)).toMatchObject([
    { block, n: '2', search_seconds: String(1 / 3), cost_dollars: '0.25' },
    { machine: 'c7a.large', cost_dollars: '' },
  ]);
});
