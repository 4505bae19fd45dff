import { expect, test } from 'vitest';
import {
  type SeriesRecord,
  parseSeries,
  comparableRuns,
  remainingSteps,
  seriesSteps,
  spentOn,
  stepText,
} from '../../src/compare/series.ts';

test('every combination once, and then again', () => {
  const steps = seriesSteps({ N: ['1', '2'], D: ['5', '6'], kernels: ['auto', 'python'] }, 2);
  expect(steps).toHaveLength(16);
  expect(new Set(steps.map(stepText)).size).toBe(8);
  expect(steps.slice(0, 8)).toEqual(steps.slice(8));
  expect(stepText(steps[3] ?? { N: '' })).toBe('N 2, D 6, kernel auto');
  expect(seriesSteps({ N: ['4'], types: ['c7a.large', 'c7g.large'] }, 1)).toEqual([
    { N: '4', type: 'c7a.large' },
    { N: '4', type: 'c7g.large' },
  ]);
});

const record: SeriesRecord = {
  version: 1,
  series: '20261129-140000-ab12' as SeriesRecord['series'],
  startedAt: '2026-11-29T14:00:00.000Z',
  flags: { T: '60' },
  settings: '{}',
  steps: seriesSteps({ N: ['1', '2', '4'] }, 1),
  runs: [],
};
const run = (step: number, exitCode?: number): SeriesRecord['runs'][number] => ({
  step,
  run: record.series,
  ...(exitCode !== undefined && { exitCode }),
  cost: 0.5,
});

test('what failed, was interrupted or never came back is made again, what found nothing is not', () => {
  expect(remainingSteps(record)).toEqual([0, 1, 2]);
  expect(remainingSteps({ ...record, runs: [run(0, 0), run(1, 3), run(2, 130)] })).toEqual([2]);
  expect(remainingSteps({ ...record, runs: [run(0), run(1, 1), run(1, 0)] })).toEqual([0, 2]);
  const [first, second, third] = ['aaaa', 'bbbb', 'cccc'].map(
    (end) => `20261129-140000-${end}` as SeriesRecord['series'],
  );
  const runs = [
    { ...run(0, 130), run: first ?? record.series },
    { ...run(0, 0), run: second ?? record.series },
    { ...run(1, 1), run: third ?? record.series },
  ];
  expect(comparableRuns({ ...record, runs })).toEqual([second, third]);
  expect(spentOn([run(0, 0), run(1, 1)])).toBe(1);
});

test('a record is read back; what is none is not', () => {
  expect(parseSeries(JSON.stringify(record))).toEqual(record);
  for (const text of ['', '{', '[]', JSON.stringify({ ...record, series: '../../etc' })])
    expect(parseSeries(text)).toBeUndefined();
});
