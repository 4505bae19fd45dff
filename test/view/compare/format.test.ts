import { spawnSync } from 'node:child_process';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { compareRuns } from '../../../src/compare/comparison.ts';
import type { Comparison } from '../../../src/compare/model.ts';
import { openCharts } from '../../../src/view/chart/chart.ts';
import { comparisonMarkdown } from '../../../src/view/compare/markdown.ts';
import { comparisonPage } from '../../../src/view/compare/page.ts';
import { comparisonSvg } from '../../../src/view/compare/svg.ts';
import { comparisonText } from '../../../src/view/compare/text.ts';
import { contentPolicy } from '../../../src/view/report/page.ts';
import { style } from '../../../src/view/report/style.ts';
import { scalingRuns, synthetic } from '../../compare/synthetic.ts';

const sweep = compareRuns(
  [
    ...scalingRuns(6, { type: 'c7a.large', difficulty: 6, cost: 0.01 }),
    ...scalingRuns(6, { type: 'c7a.large', difficulty: 7, cost: 0.01 }),
    ...scalingRuns(1, { type: 'c7g.large', difficulty: 6 }),
    ...scalingRuns(1, { type: 'c7g.large', difficulty: 7 }),
  ],
  '20261120-081100-s1s1',
);
const script = `</title></style><script>alert(1)</script><img src=x onerror=alert(1)> | [a](http://evil) \u0007`;
const puzzles = [
  { scheme: script, template: script, block: script, prefix: script },
  { scheme: 'sha256', block: script, unit: script, difficulty: 6 },
  { scheme: 'sha256', block: script, unit: 'digits', difficulty: 6 },
];
const hostile = compareRuns([
  ...scalingRuns(6, { type: script, block: script, kernel: script }),
  ...puzzles.flatMap((puzzle) => scalingRuns(1).map((run) => ({ ...run, puzzle, nonce: script }))),
]);

test('the table for a terminal', () => {
  const lines = comparisonText(compareRuns(scalingRuns(6))).split('\n');
  expect(lines.slice(0, 6)).toEqual([
    "local, hex-chain of 'COMSM0010cloud', 7 leading zero digits, kernel auto, 1 thread each, nonce 3730945",
    'N  RUNS  TIME    RANGE            START   BOOT    SSH     SEARCH  TEARDOWN  SPEED-UP   EFFICIENCY  OF THE RUN  RATE',
    '1  2     67.5 s  66.3 s – 68.7 s  1.50 s  3.00 s  1.00 s  60.0 s  2.00 s    1.00 of 1  100 %       1.00 of 1   0.0622 MH/s',
    '2  2     40.5 s  39.8 s – 41.2 s  1.50 s  3.00 s  1.00 s  33.0 s  2.00 s    1.82 of 2  90.9 %      1.67 of 2   0.113 MH/s',
    '4  2     27.0 s  26.6 s – 27.4 s  1.50 s  3.00 s  1.00 s  19.5 s  2.00 s    3.08 of 4  76.9 %      2.50 of 4   0.191 MH/s',
    '8  2     20.3 s  20.0 s – 20.5 s  1.50 s  3.00 s  1.00 s  12.8 s  2.00 s    4.71 of 8  58.8 %      3.33 of 8   0.293 MH/s',
  ]);
  expect(lines[6]).toMatch(
    /^Amdahl's law, search: 10\.0 % serial \(6\.00 s \+ 54\.0 s \/ N, error 0\.\d\d s\)/,
  );
});

test('an efficiency of more than 100 % is told as such', () => {
  const runs = [1, 2].map((instances) => synthetic({ instances, search: instances === 1 ? 20.6 : 10.1 }));
  expect(comparisonText(compareRuns(runs))).toMatch(/^2 .* 2\.04 of 2 +102 % /m);
});

test('several groups stand side by side, in text, Markdown and a page', async () => {
  const cross = /MEDIAN TIME +N 1 +N 2 +N 4 +N 8\nc7a\.large, D 6 +67\.5 s/;
  expect(comparisonText(sweep)).toMatch(cross);
  expect(comparisonText(sweep)).toMatch(/COST AT MOST\n.*\$0\.010\n/);
  const markdown = comparisonMarkdown(sweep);
  expect(markdown).toContain('| N | RUNS | TIME |');
  expect(markdown).toContain('| --- | --- | --- |');
  const { document } = parseHTML(comparisonPage(sweep, await openCharts()));
  const headings = [...document.querySelectorAll('h2')].map(({ textContent }) => textContent);
  expect(headings).toEqual(
    expect.arrayContaining([
      'Side by side',
      'Speed-up of the search',
      'Speed-up of the whole run',
      'Time against difficulty',
      'Machines and kernels with N = 8',
      'Where the time goes: c7a.large, D 6',
    ]),
  );
});

test('groups are told apart by what differs of their puzzles', () => {
  const [run] = scalingRuns(1);
  if (!run || 'why' in run) throw new Error('there is no run');
  const names = (...puzzles: Record<string, string | number>[]): string[] => {
    const text = comparisonText(compareRuns(puzzles.map((puzzle) => ({ ...run, puzzle }))));
    const [, rows = ''] = text.split(/^MEDIAN TIME.*\n/mu);
    return rows.split('\n', puzzles.length).map((row) => row.replace(/ {2,}.*/u, ''));
  };
  const sha256 = { scheme: 'sha256', block: 'x' };
  expect(names({ ...sha256, prefix: 'ca' }, { ...sha256, prefix: 'cb' })).toEqual(['prefix ca', 'prefix cb']);
  expect(
    names(
      { ...sha256, unit: 'digits', difficulty: 6 },
      { ...sha256, unit: 'bits', difficulty: 6 },
      { ...sha256, suffix: '00' },
    ),
  ).toEqual(['D 6 digits', 'D 6 bits', 'suffix 00']);
  const goal = { unit: 'digits', difficulty: 6 };
  expect(
    names(
      { ...sha256, ...goal },
      { ...sha256, ...goal, template: '{block}-{nonce}' },
      { ...goal, scheme: 'hex-chain', block: 'y' },
    ),
  ).toEqual(['sha256, x', 'sha256, {block}-{nonce}, x', 'hex-chain, y']);
});

test('charts are described for who does not see them', async () => {
  const page = comparisonPage(compareRuns(scalingRuns(6)), await openCharts());
  expect(page).toContain('4.71 times as fast with 8 as with 1 instances; 8.00 would be ideal.');
});

test('what records say is text and nothing else, everywhere', async () => {
  const charts = await openCharts();
  const page = comparisonPage(hostile, charts);
  const { document } = parseHTML(page);
  expect(document.querySelectorAll('script, img, a')).toHaveLength(0);
  expect(document.querySelector('meta[http-equiv]')?.getAttribute('content')).toBe(contentPolicy({ style }));
  expect(page).not.toMatch(/<script|<img|style="/);
  const svg = comparisonSvg(hostile, charts);
  expect(svg).not.toMatch(/<script|<img/);
  const markdown = comparisonMarkdown(hostile);
  expect(markdown).not.toMatch(/(?<!\\)<script|(?<!\\)\[a\]/);
  for (const written of [page, svg, markdown, comparisonText(hostile)])
    expect(written).not.toContain('\u0007');
});

test.each<[string, Comparison]>([
  ['of one group', compareRuns(scalingRuns(6))],
  ['of a sweep', sweep],
  ['of hostile runs', hostile],
  ['of nothing', compareRuns([])],
])('the SVG %s is well-formed XML that loads nothing', async (_, comparison) => {
  const svg = comparisonSvg(comparison, await openCharts());
  const parser = 'import sys, xml.dom.minidom as m; print(m.parse(sys.stdin.buffer).documentElement.tagName)';
  const { stdout, stderr } = spawnSync('python3', ['-c', parser], { input: svg, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'svg\n', stderr: '' });
  // Programs that are no browsers know no custom properties, and would draw black on black.
  expect(svg).not.toMatch(/NaN|undefined|href=|url\(|var\(/);
  expect(svg).toContain('fill="#fff"');
  expect(svg).toContain('[fill="#fff"]{fill:#12161d}');
});
