import { partNames } from '../../compare/run.ts';
import type { Comparison, ComparisonGroup, ComparisonRow, Scaling } from '../../compare/model.ts';
import type { AmdahlFit } from '../../compare/amdahl.ts';
import type { Spread } from '../../compare/statistic.ts';
import { goalText } from '../../puzzle/goal-text.ts';
import { dollars, duration, percent, plural, rate } from '../../quantity.ts';
import { printable } from '../../text.ts';
import { puzzleText } from '../plain-line.ts';

// What tables of a comparison hold, as text: on a terminal, in Markdown and in a page.

/** What each part of a run is called. */
export const partTitles = {
  start: 'START',
  boot: 'BOOT',
  ssh: 'SSH',
  search: 'SEARCH',
  teardown: 'TEARDOWN',
} as const satisfies Record<(typeof partNames)[number], string>;

/** What is the same for all runs of a group. Pure. */
export function groupHeading({ machine, kernel, puzzle, threads, nonces }: ComparisonGroup): string {
  const each =
    threads === undefined
      ? []
      : [
          `${threads[0] === threads[1] ? plural(threads[0], 'thread') : `${threads.join(' to ')} threads`} each`,
        ];
  const [nonce, ...others] = nonces;
  return [
    printable(machine, 60),
    puzzleText(puzzle),
    `kernel ${printable(kernel, 20)}`,
    ...each,
    others.length === 0 ? `nonce ${printable(String(nonce), 24)}` : plural(nonces.length, 'nonce'),
  ].join(', ');
}

/** What sets a group apart from the others, as short as that can be said. Pure. */
export function comparedGroupName(group: ComparisonGroup, groups: readonly ComparisonGroup[]): string {
  const varies = (value: (one: ComparisonGroup) => unknown): boolean =>
    new Set(groups.map((one) => JSON.stringify(value(one)))).size > 1;
  const { puzzle } = group;
  const variesBy = (field: string): boolean => varies((one) => one.puzzle[field]);
  const field = (name: string): string[] =>
    variesBy(name) && puzzle[name] !== undefined ? [printable(String(puzzle[name]), 24)] : [];
  const words = [
    ...(varies(({ machine }) => machine) ? [printable(group.machine, 40)] : []),
    ...(varies(({ kernel }) => kernel) ? [printable(group.kernel, 20)] : []),
    ...(goalFields.some(variesBy) ? goalWords(puzzle, variesBy('unit')) : []),
    ...field('scheme'),
    ...field('template'),
    ...field('block'),
    ...field('header'),
    ...(varies(({ space }) => space) ? [printable(group.space, 44)] : []),
  ];
  return words.length === 0 ? printable(group.machine, 40) : words.join(', ');
}

/** What may say which digests are golden. */
const goalFields = ['difficulty', 'unit', 'prefix', 'suffix', 'digest'];

function goalWords(puzzle: ComparisonGroup['puzzle'], hasUnit: boolean): string[] {
  const { difficulty, unit } = puzzle;
  if (difficulty !== undefined) return [printable(`D ${difficulty}${hasUnit ? ` ${unit}` : ''}`, 24)];
  return goalFields.some((field) => field in puzzle) ? [printable(goalText(puzzle), 24)] : [];
}

/** The table of a group, a row for each N; the first row is its head. Pure. */
export function groupRows({ rows }: ComparisonGroup): string[][] {
  const hasCost = rows.some(({ cost }) => cost !== undefined);
  return [
    [
      'N',
      'RUNS',
      'TIME',
      'RANGE',
      ...partNames.map((name) => partTitles[name]),
      'SPEED-UP',
      'EFFICIENCY',
      'OF THE RUN',
      'RATE',
      ...(hasCost ? ['COST AT MOST'] : []),
    ],
    ...rows.map((row) => [
      String(row.instances),
      String(row.runs),
      duration(row.seconds.median),
      rangeText(row.seconds),
      ...partNames.map((name) => duration(row.parts[name])),
      speedUpText(row.scaling.search, row),
      efficiencyText(row.scaling.search),
      speedUpText(row.scaling.run, row),
      rate(row.rate.median),
      ...(hasCost ? [row.cost === undefined ? '–' : `$${dollars(row.cost)}`] : []),
    ]),
  ];
}

function rangeText({ least, most }: Spread): string {
  return least === most ? '–' : `${duration(least)} – ${duration(most)}`;
}

function speedUpText(scaling: Scaling | undefined, { ideal }: ComparisonRow): string {
  return scaling ? `${scaling.speedUp.toFixed(2)} of ${Number(ideal.toFixed(2))}` : '–';
}

/** More than 100 % is possible: times vary, and so do machines. */
function efficiencyText(scaling: Scaling | undefined): string {
  return scaling ? `${Number((scaling.efficiency * 100).toPrecision(3))} %` : '–';
}

/** What Amdahl's law makes of a group, in sentences. Pure. */
export function amdahlText({ amdahl: { search, run } }: ComparisonGroup): string[] {
  return [
    ...(search ? [`Amdahl's law, search: ${fitText(search)}.`] : []),
    ...(run ? [`Amdahl's law, whole run: ${fitText(run)}.`] : []),
  ];
}

function fitText({ serialSeconds, parallelSeconds, serialFraction, error }: AmdahlFit): string {
  const law = `${duration(serialSeconds)} + ${duration(parallelSeconds)} / N`;
  const limit =
    serialFraction > 0 ? `, at most ${Number((1 / serialFraction).toPrecision(3))} times as fast` : '';
  return `${percent(serialFraction)} serial (${law}, error ${duration(error)})${limit}`;
}

/** Times of several groups side by side: a row a group, a column an N; undefined for a single one. Pure. */
export function crossRows({ groups }: Comparison): string[][] | undefined {
  if (groups.length < 2) return undefined;
  const counts = [...new Set(groups.flatMap(({ rows }) => rows.map(({ instances }) => instances)))];
  const sorted = counts.toSorted((a, b) => a - b);
  return [
    ['MEDIAN TIME', ...sorted.map((count) => `N ${count}`)],
    ...groups.map((group) => [
      comparedGroupName(group, groups),
      ...sorted.map((count) => {
        const row = group.rows.find(({ instances }) => instances === count);
        return row ? duration(row.seconds.median) : '–';
      }),
    ]),
  ];
}

/** What is left out, and why. Pure. */
export function excludedText({ excluded }: Comparison): string[] {
  return excluded.map(({ run, why }) => `${printable(run)} is not compared: ${printable(why)}.`);
}
