import { secondsAt } from '../../compare/amdahl.ts';
import type { Comparison, ComparisonGroup, ComparisonRow } from '../../compare/model.ts';
import { partNames } from '../../compare/run.ts';
import { count, duration } from '../../quantity.ts';
import type { ChartRenderer } from '../chart/chart.ts';
import { columnChart } from '../chart/column-chart.ts';
import { type ChartLine, type LinePoint, lineChart } from '../chart/line-chart.ts';
import { spanChart } from '../chart/span-chart.ts';
import type { Markup } from '../html.ts';
import { comparedGroupName, partTitles } from './rows.ts';

/** A chart of a comparison, with its name. */
export interface ComparisonChart {
  readonly name: string;
  readonly lead: string;
  readonly drawn: Markup;
}

/** Lines that can be told apart. */
const colours = ['accent', 'search', 'stop', 'upload', 'lost', 'logs', 'boot', 'warn'].map(
  (name) => `var(--${name})`,
);

/** Points of a curve that is not straight. */
const curvePoints = 80;

const partColours = {
  start: 'var(--launch)',
  boot: 'var(--boot)',
  ssh: 'var(--SSH)',
  search: 'var(--search)',
  teardown: 'var(--terminate)',
} as const satisfies Record<(typeof partNames)[number], string>;

/** The parts of a run with their colours, for a legend. */
export const partLegend = partNames.map((name) => ({ name: partTitles[name], colour: partColours[name] }));

/** The charts that say something of these runs. */
export function comparisonCharts(comparison: Comparison, charts: ChartRenderer): ComparisonChart[] {
  const { groups } = comparison;
  const scaled = groups.filter(({ rows }) => rows.length > 1).slice(0, colours.length);
  return [
    ...(scaled.length > 0
      ? [speedUpChart(scaled, groups, charts, 'search'), speedUpChart(scaled, groups, charts, 'run')]
      : []),
    ...groups.slice(0, 12).map((group, index) => partChart(group, groups, charts, index)),
    ...difficultyChart(groups, charts),
    ...groupChart(groups, charts),
  ];
}

/** Speed-up against N, with the ideal line and the fitted law. */
function speedUpChart(
  scaled: readonly ComparisonGroup[],
  groups: readonly ComparisonGroup[],
  charts: ChartRenderer,
  what: 'search' | 'run',
): ComparisonChart {
  const name = what === 'search' ? 'Speed-up of the search' : 'Speed-up of the whole run';
  const counts = [...new Set(scaled.flatMap(({ rows }) => rows.map(({ instances }) => instances)))];
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const lines = scaled.map((group, index): ChartLine => {
    const dots = group.rows.flatMap((row) => speedUpPoint(row, group, what));
    return {
      name: scaled.length > 1 ? comparedGroupName(group, groups) : 'measured, and Amdahl’s law fitted to it',
      colour: colours[index] ?? 'var(--accent)',
      line: fitted(group, what) ?? dots,
      dots,
    };
  });
  const ideal: ChartLine = {
    name: 'ideal',
    colour: 'var(--soft)',
    line: [least, most].map((x) => ({ x, y: x / least })),
    dots: [],
    dashed: true,
  };
  const last = lines.flatMap(({ dots }) => dots.at(-1) ?? []).at(0);
  return {
    name,
    lead:
      what === 'search'
        ? 'The search alone, against the fewest instances: dots are medians with the range of the repeats, the line is Amdahl’s law.'
        : 'With the parts that more instances do not shorten: checks, launch, boot, SSH and teardown.',
    drawn: lineChart(
      charts,
      {
        id: `speed-up-${what}`,
        title: name,
        description: last
          ? `${last.y.toFixed(2)} times as fast with ${last.x} as with ${least} instances; ${(last.x / least).toFixed(2)} would be ideal.`
          : 'Times were too short.',
      },
      { lines: [ideal, ...lines], xLabel: 'instances', yLabel: 'times as fast', xTicks: counts },
    ),
  };
}

function speedUpPoint(
  { instances, scaling, seconds, search }: ComparisonRow,
  { rows }: ComparisonGroup,
  what: 'search' | 'run',
): LinePoint[] {
  const y = scaling[what]?.speedUp;
  const [base] = rows;
  if (y === undefined || !base) return [];
  const [slow, times] = what === 'run' ? [base.seconds.median, seconds] : [base.search.median, search];
  const hasRange = times.least > 0 && times.most > times.least;
  return [{ x: instances, y, ...(hasRange && { low: slow / times.most, high: slow / times.least }) }];
}

/** The fitted law as speed-up against the measured median of the fewest instances. */
function fitted({ rows, amdahl }: ComparisonGroup, what: 'search' | 'run'): LinePoint[] | undefined {
  const fit = amdahl[what];
  const [first] = rows;
  const last = rows.at(-1);
  if (!fit || !first || !last) return undefined;
  const slow = what === 'run' ? first.seconds.median : first.search.median;
  const step = (last.instances - first.instances) / curvePoints;
  return Array.from({ length: curvePoints + 1 }, (_, index) => {
    const x = first.instances + index * step;
    return { x, y: slow / secondsAt(fit, x) };
  });
}

/** Where the time of a run went, a bar for each N. */
function partChart(
  group: ComparisonGroup,
  groups: readonly ComparisonGroup[],
  charts: ChartRenderer,
  index: number,
): ComparisonChart {
  const ends: number[] = [];
  const spans = group.rows.flatMap(({ parts }, row) => {
    let at = 0;
    const bar = partNames.map((part) => {
      const from = at;
      at += parts[part];
      return {
        row,
        from,
        to: at,
        colour: partColours[part],
        title: `${partTitles[part]}: ${duration(parts[part])}`,
      };
    });
    ends.push(at);
    return bar;
  });
  const name =
    groups.length > 1 ? `Where the time goes: ${comparedGroupName(group, groups)}` : 'Where the time goes';
  return {
    name,
    lead: 'Medians of each part: only the search becomes shorter with more instances.',
    drawn: spanChart(
      charts,
      {
        id: `parts-${index}`,
        title: name,
        description: group.rows
          .map(({ instances, parts }) => `N ${instances}: ${duration(parts.search)} of search`)
          .join('; '),
      },
      { spans, rows: group.rows.map(({ instances }) => `N ${instances}`), end: Math.max(0, ...ends) },
    ),
  };
}

/** Time against difficulty, a line for each N and each kind of machine; nothing where there is one difficulty. */
function difficultyChart(groups: readonly ComparisonGroup[], charts: ChartRenderer): ComparisonChart[] {
  const lines = new Map<string, LinePoint[]>();
  for (const group of groups) {
    const x = Number(group.puzzle['difficulty']);
    if (!Number.isFinite(x)) continue;
    const alike = groups.filter(({ puzzle }) => puzzle['difficulty'] === group.puzzle['difficulty']);
    for (const { instances, seconds } of group.rows) {
      const name = [...(alike.length > 1 ? [comparedGroupName(group, alike)] : []), `N ${instances}`].join(
        ', ',
      );
      const point = { x, y: seconds.median, low: seconds.least, high: seconds.most };
      lines.set(name, [...(lines.get(name) ?? []), point]);
    }
  }
  const xTicks = [...new Set([...lines.values()].flat().map(({ x }) => x))];
  if (xTicks.length < 2) return [];
  const name = 'Time against difficulty';
  return [
    {
      name,
      lead: 'The whole run, on a logarithmic scale; which nonce is the smallest golden one is chance.',
      drawn: lineChart(
        charts,
        { id: 'difficulty', title: name, description: `Difficulties ${xTicks.join(', ')}.` },
        {
          lines: [...lines].slice(0, colours.length).map(([line, points], index) => ({
            name: line,
            colour: colours[index] ?? 'var(--accent)',
            line: points.toSorted((a, b) => a.x - b.x),
            dots: points,
          })),
          xLabel: 'difficulty',
          yLabel: 'seconds',
          xTicks,
          log: true,
        },
      ),
    },
  ];
}

/** Kinds of machines and kernels side by side, with the largest N that all of them had. */
function groupChart(groups: readonly ComparisonGroup[], charts: ChartRenderer): ComparisonChart[] {
  const kinds = new Set(groups.map(({ machine, kernel }) => JSON.stringify([machine, kernel])));
  const shared = (groups[0]?.rows ?? [])
    .map(({ instances }) => instances)
    .filter((one) => groups.every(({ rows }) => rows.some(({ instances }) => instances === one)));
  const most = shared.at(-1);
  if (kinds.size < 2 || most === undefined) return [];
  const name = `Machines and kernels with N = ${count(most)}`;
  return [
    {
      name,
      lead: 'The whole run, median.',
      drawn: columnChart(
        charts,
        { id: 'machines', title: name, description: `${kinds.size} kinds.` },
        {
          label: 'seconds',
          columns: groups.map((group) => {
            const row = group.rows.find(({ instances }) => instances === most);
            const title = `${comparedGroupName(group, groups)}: ${duration(row?.seconds.median ?? 0)}`;
            return {
              name: comparedGroupName(group, groups),
              value: row?.seconds.median ?? 0,
              colour: 'var(--accent)',
              title,
            };
          }),
        },
      ),
    },
  ];
}
