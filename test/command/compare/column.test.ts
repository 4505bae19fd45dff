import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparedColumns } from '../../../src/command/compare/column.ts';
import type { Cell } from '../../../src/command/logs/export/column.ts';
import { csv } from '../../../src/command/logs/export/csv.ts';
import { compareRuns } from '../../../src/compare/comparison.ts';
import { synthetic } from '../../compare/synthetic.ts';

/** What the RFC 4180 reader of Python's standard library makes of a text: a record for each row. */
function readByPython(text: string): unknown {
  const reader =
    'import csv, io, json, sys; t = io.TextIOWrapper(sys.stdin.buffer, encoding="utf8", newline=""); print(json.dumps(list(csv.DictReader(t, strict=True))))';
  const { stdout, stderr } = spawnSync('python3', ['-c', reader], { input: text, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** A cell as the file has it: texts that a spreadsheet would take for formulas have an apostrophe in front. */
function written(cell: Cell, type: string): string {
  const text = cell === undefined ? '' : String(cell);
  return type === 'text' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

test('the CSV comes back as it was through the RFC 4180 reader of Python', () => {
  const block = 'a "quoted", block\r\nof two lines';
  const { runs } = compareRuns([
    synthetic({ instances: 2, search: 1 / 3, block, cost: 0.25 }),
    synthetic({ instances: 4, search: 12.5, type: 'c7a.large' }),
  ]);
  const read = readByPython(csv(comparedColumns, runs));
  expect(read).toEqual(
    runs.map((run) =>
      Object.fromEntries(comparedColumns.map(({ name, of }) => [name, String(of(run) ?? '')])),
    ),
  );
  expect(read).toMatchObject([
    { block, n: '2', search_seconds: String(1 / 3), cost_dollars: '0.25' },
    { machine: 'c7a.large', cost_dollars: '' },
  ]);
});

test('a puzzle is told with its template and goal, whichever that is', () => {
  const run = synthetic({ instances: 1, search: 1 });
  if ('why' in run) throw new Error(run.why);
  const puzzle = { scheme: 'sha256', block: 'x', template: '{block}:{nonce:x}', prefix: 'cafe' };
  const digest = '0'.repeat(64);
  const runs = [
    puzzle,
    { scheme: 'sha256', block: 'x', suffix: '00' },
    { scheme: 'sha256', block: 'x', digest },
  ];
  expect(
    readByPython(
      csv(
        comparedColumns,
        runs.map((one) => ({ ...run, puzzle: one })),
      ),
    ),
  ).toMatchObject([
    { ...puzzle, difficulty: '', unit: '' },
    { suffix: '00', prefix: '' },
    { goal_digest: digest, template: '' },
  ]);
});

test('what records say comes back through that reader, whatever it is', () => {
  // The whole of Unicode, and what CSV gives a meaning to; readers before Python 3.11 take no NUL.
  const hostile = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(',', '"', '""', '\r\n', '\n', '\r', '=', "'", ' ', '\u2028', '\uFEFF'),
      ),
    )
    .map((parts) => parts.join('').replaceAll('\0', ''));
  const some = fc.record({ machine: hostile, block: hostile, kernel: hostile, nonce: hostile });
  // One process for all rows of a file, not one for each.
  const rows = fc.array(some, { minLength: 30, maxLength: 40 });
  fc.assert(
    fc.property(rows, (found) => {
      const runs = found.flatMap(({ block, ...rest }) => {
        const run = synthetic({ instances: 1, search: 1 });
        return 'why' in run ? [] : [{ ...run, ...rest, puzzle: { ...run.puzzle, block } }];
      });
      expect(runs).toHaveLength(found.length);
      expect(readByPython(csv(comparedColumns, runs))).toEqual(
        runs.map((run) =>
          Object.fromEntries(comparedColumns.map(({ name, of, type }) => [name, written(of(run), type)])),
        ),
      );
    }),
    { numRuns: 3 },
  );
});
