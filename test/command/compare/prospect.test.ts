import { expect, test } from 'vitest';
import { dryRunJson, dryRunText } from '../../../src/command/compare/dry-run.ts';
import { type Prospect, agree, boundOfAll, seriesConcerns } from '../../../src/command/compare/prospect.ts';
import { type SeriesRecord, type SeriesStep, stepText } from '../../../src/compare/series.ts';
import { resolveConfig } from '../../../src/config/config.ts';
import { DirectoryArchive } from '../../../src/archive/directory.ts';

const steps: SeriesStep[] = [{ N: '1' }, { N: '2' }, { N: '1' }];

/** A series of which N instances cost at most N times 0.1 dollars. */
function prospect(flags: Record<string, string>, price: number | 'unknown' = 0.1): Prospect {
  return {
    config: resolveConfig({ flags: { N: '1', T: '60', D: '4', ...flags }, env: {}, file: undefined }),
    archive: new DirectoryArchive('logs'),
    bounds: new Map(
      steps.map((step) => [stepText(step), price === 'unknown' ? undefined : price * Number(step.N)]),
    ),
    kernels: [],
    warnings: [],
  };
}

test('the budget is for all runs together, with what was spent before', async () => {
  const yes = { yes: true };
  expect(boundOfAll(prospect({}), steps)).toBeCloseTo(0.4, 9);
  await expect(agree(prospect({ 'max-cost': '0.5' }), steps, 0.1, yes, {})).resolves.toBeUndefined();
  await expect(agree(prospect({ 'max-cost': '0.39' }), steps, 0, yes, {})).rejects.toThrow(
    'the 3 runs may cost $0.400 together, more than the $0.390 of --max-cost for all of them',
  );
  await expect(agree(prospect({ 'max-cost': '0.5' }), steps, 0.2, yes, {})).rejects.toThrow(
    'after $0.200 that were spent',
  );
});

test('without a terminal nobody is asked, as for a run', async () => {
  await expect(
    agree(prospect({ 'confirm-above': '0.1' }), steps, 0, {}, { CI: '1' }),
  ).resolves.toBeUndefined();
});

test('a series is asked about for its sum, an unknown price, or a kernel that is missing', () => {
  expect(seriesConcerns(0, 3, 0, [])).toEqual([]);
  expect(seriesConcerns(0.9, 3, 1, [])).toEqual([]);
  expect(seriesConcerns(1.2, 3, 1, [])).toEqual([
    'The 3 runs may cost $1.20 together, more than the $1.00 of confirmAbove.',
  ]);
  const warning = { message: 'no native kernel', hint: 'build it' };
  expect(seriesConcerns(undefined, 1, 1, [{ rate: 1, isMissing: true, warning }])).toEqual([
    'What 1 run may cost is unknown.',
    'no native kernel.',
  ]);
  expect(boundOfAll(prospect({}, 'unknown'), steps)).toBeUndefined();
});

test('a dry run shows what is still to be made and what that may cost, also as JSON', () => {
  const series = '20261120-081100-s1s1';
  const record = {
    version: 1,
    series,
    startedAt: '2026-11-20T08:11:00.000Z',
    flags: {},
    settings: '{}',
    steps,
    runs: [{ step: 0, run: '20261120-081103-x7k2', exitCode: 0, cost: 0.05 }],
  } as SeriesRecord;
  expect(dryRunText(prospect({}), record)).toBe(
    'RUN  SETTINGS  COST AT MOST\n2    N 2       $0.200\n3    N 1       $0.100\n2 runs, at most 60 s each, at most $0.300 together\n',
  );
  expect(JSON.parse(dryRunJson(prospect({}), record))).toEqual({
    timeLimit: 60,
    costLimit: 0.2 + 0.1,
    runs: [
      { run: 2, N: '2', costLimit: 0.2 },
      { run: 3, N: '1', costLimit: 0.1 },
    ],
  });
  expect(dryRunText(prospect({}, 'unknown'), record)).toMatch(
    /2 +N 2 +unknown\n[^]*at most unknown together\n$/,
  );
  expect(JSON.parse(dryRunJson(prospect({}, 'unknown'), record))).toMatchObject({ costLimit: null });
});
