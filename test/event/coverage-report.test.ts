import { expect, test } from 'vitest';
import { coverageReport, noCoverage } from '../../src/event/coverage-report.ts';
import { Ledger } from '../../src/search/ledger.ts';

test('what was tested, with every digit, as JSON has it', () => {
  const from = 2n ** 63n;
  const ledger = new Ledger({ from, limit: from + 100n, chunk: 10n }, 2);
  ledger.deal(0);
  ledger.report(0, { residue: 0, next: 2n, done: [[from + 25n, from + 30n]] });
  expect(coverageReport(ledger.coverage())).toEqual({
    tested: '15',
    from: '9223372036854775808',
    chunk: '10',
    stride: 2,
    residues: [
      { residue: 0, next: '2', done: [['9223372036854775833', '9223372036854775838']] },
      { residue: 1, next: '1', done: [] },
    ],
    ranges: [
      ['9223372036854775808', '9223372036854775818'],
      ['9223372036854775833', '9223372036854775838'],
    ],
    rangesCut: false,
  });
});

test('ranges are cut after a hundred, residues never', () => {
  const ledger = new Ledger({ from: 0n, limit: 10_000n, chunk: 10n }, 2);
  ledger.deal(0);
  ledger.report(0, { residue: 0, next: 400n, done: [] });
  const report = coverageReport(ledger.coverage());
  expect(report).toMatchObject({
    tested: '2000',
    rangesCut: true,
    residues: [{ next: '400' }, { next: '1' }],
  });
  expect(report.ranges).toHaveLength(100);
  expect(report.ranges.at(-1)).toEqual(['1980', '1990']);
  const just = new Ledger({ from: 0n, limit: 2000n, chunk: 10n }, 2);
  just.deal(0);
  just.report(0, { residue: 0, next: 200n, done: [] });
  expect(coverageReport(just.coverage())).toMatchObject({ rangesCut: false });
});

test('nothing was tested', () => {
  expect(noCoverage({ from: 5n, limit: 10n, chunk: 1n })).toEqual({
    tested: '0',
    from: '5',
    chunk: '1',
    stride: 0,
    residues: [],
    ranges: [],
    rangesCut: false,
  });
});
