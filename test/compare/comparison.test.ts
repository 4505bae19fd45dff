import { expect, test } from 'vitest';
import { compareRuns } from '../../src/compare/comparison.ts';
import { comparedRun, partNames } from '../../src/compare/run.ts';
import { median, spread } from '../../src/compare/statistic.ts';
import { scalingRuns, synthetic, syntheticRecord } from './synthetic.ts';

test('the parts of a run are the whole of it, boot and SSH are those of the first that searched', () => {
  const run = synthetic({ instances: 2, search: 10, boot: 20, ssh: 4, teardown: 3 });
  if ('why' in run) throw new Error(run.why);
  expect(run.parts).toEqual({ start: 1.5, boot: 20, ssh: 4, search: 10, teardown: 3 });
  expect(partNames.reduce((sum, name) => sum + run.parts[name], 0)).toBeCloseTo(run.seconds, 9);
});

test('speed-up, efficiency and serial fraction of known runs, of the search and of the whole run', () => {
  const { groups, notes, excluded } = compareRuns(scalingRuns(6));
  expect(excluded).toEqual([]);
  expect(notes).toEqual([]);
  expect(groups).toHaveLength(1);
  const [group] = groups;
  if (!group) throw new Error('no group');
  const { rows, amdahl, nonces, threads } = group;
  expect(rows.map(({ instances, runs }) => [instances, runs])).toEqual([
    [1, 2],
    [2, 2],
    [4, 2],
    [8, 2],
  ]);
  expect({ nonces, threads }).toEqual({ nonces: ['3730945'], threads: [1, 1] });
  // 6 + 54 / 8 = 12.75 s: 60 / 12.75.
  expect(rows[3]?.scaling.search?.speedUp).toBeCloseTo(60 / 12.75, 6);
  expect(rows[3]?.scaling.search?.efficiency).toBeCloseTo(60 / 12.75 / 8, 6);
  // 7.5 s more are not shared: start, boot, SSH and teardown.
  expect(rows[3]?.scaling.run?.speedUp).toBeCloseTo(67.5 / 20.25, 6);
  expect(rows[3]?.search).toMatchObject({ least: 12.75 * 0.98, most: 12.75 * 1.02 });
  expect(amdahl.search?.serialFraction).toBeCloseTo(0.1, 6);
  expect(amdahl.run?.serialFraction).toBeCloseTo(13.5 / 67.5, 6);
});

test('what is not alike is not in one group, in the order in which it came', () => {
  const { groups } = compareRuns([
    ...scalingRuns(0, { type: 'c7g.large' }),
    ...scalingRuns(0, { type: 'c7a.large' }),
    ...scalingRuns(0, { type: 'c7a.large', difficulty: 6 }),
    ...scalingRuns(0, { type: 'c7a.large', kernel: 'python' }),
  ]);
  expect(groups.map(({ machine, kernel, puzzle }) => [machine, kernel, puzzle['difficulty']])).toEqual([
    ['c7g.large', 'auto', 7],
    ['c7a.large', 'auto', 7],
    ['c7a.large', 'auto', 6],
    ['c7a.large', 'python', 7],
  ]);
});

test('what does not compare is left out, or said', () => {
  const { ended: _, ...unfinished } = syntheticRecord({ instances: 1, search: 9 });
  const found = compareRuns([
    comparedRun(unfinished),
    synthetic({ instances: 1, search: 9, outcome: 'time-limit' }),
    synthetic({ instances: 4, search: 9, launched: 3 }),
    comparedRun({ ...syntheticRecord({ instances: 1, search: 9 }), resumes: '20261120-081103-aaaa' }),
    synthetic({ instances: 2, search: 0.1, threads: 2, smallest: false }),
    synthetic({ instances: 4, search: 0.1, nonce: '46697' }),
  ]);
  expect(found.excluded.map(({ why }) => why)).toEqual([
    'it has not ended',
    'its outcome is time-limit',
    'it launched 3 instances instead of 4',
    'it resumes 20261120-081103-aaaa',
  ]);
  expect(found.runs).toHaveLength(2);
  expect(found.notes.join('\n')).toMatch(
    /not the smallest[^]*different nonces[^]*equally many threads[^]*no run with N = 1[^]*less than 0\.5 s[^]*exactly/,
  );
});

test('nothing, or a search that took no time, is no number that is none', () => {
  expect(compareRuns([])).toEqual({ groups: [], runs: [], excluded: [], notes: [] });
  const { groups } = compareRuns([1, 2].map((instances) => synthetic({ instances, search: 0 })));
  expect(groups[0]?.rows.map(({ scaling }) => scaling.search)).toEqual([undefined, undefined]);
  expect(groups[0]?.amdahl.search).toBeUndefined();
});

test('median and spread', () => {
  expect([median([]), median([3]), median([9, 1, 4]), median([4, 1, 2, 9])]).toEqual([0, 3, 4, 3]);
  expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
});
