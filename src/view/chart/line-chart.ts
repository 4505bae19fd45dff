import type { Markup } from '../html.ts';
import { type ChartRenderer, type ChartText, chartWidth } from './chart.ts';

/** A measured value, with how far its repeats lie apart. */
export interface LinePoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

/** A line, dots, or both, of one name and colour. */
export interface ChartLine {
  readonly name: string;
  readonly colour: string;
  readonly line: readonly LinePoint[];
  readonly dots: readonly LinePoint[];
  /** It is drawn dashed: nothing that was measured. */
  readonly dashed?: true;
}

/** Values against a number that was varied. */
export interface LineChart {
  readonly lines: readonly ChartLine[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** The values that were measured, of which as many are named as there is room for. */
  readonly xTicks: readonly number[];
  /** The value axis is logarithmic; values of 0 are not drawn. */
  readonly log?: boolean;
}

const margins = { left: 56, right: 20 };

/** Pixels for each name above the chart. */
const legendLine = 14;

/** Pixels that a number on the axis takes. */
const tickWidth = 28;

/** Lines and dots against a number, each named in its colour above them. */
export function lineChart({ plot, draw }: ChartRenderer, text: ChartText, chart: LineChart): Markup {
  const { lines, xLabel, yLabel, xTicks, log = false } = chart;
  const shown = (point: LinePoint): boolean => !log || (point.y > 0 && (point.low ?? 1) > 0);
  const points = lines.flatMap(({ line, dots }) => [...line, ...dots]).filter(shown);
  const tops = points.map(({ y, high }) => Math.max(y, high ?? y));
  const most = tops.reduce((largest, y) => Math.max(largest, y), 0);
  const least = points.reduce((smallest, { y, low }) => Math.min(smallest, y, low ?? y), most);
  const left = Math.min(...xTicks);
  const right = Math.max(...xTicks);
  const perUnit = (chartWidth - margins.left - margins.right) / Math.max(1, right - left);
  const named = namedTicks(xTicks, tickWidth / perUnit);
  const dash = (dashed: true | undefined) => (dashed ? { strokeDasharray: '5 4' } : {});
  return draw(text, {
    height: 280 + lines.length * legendLine,
    marginLeft: margins.left,
    marginRight: margins.right,
    marginTop: 28 + lines.length * legendLine,
    marginBottom: 42,
    x: { domain: left < right ? [left, right] : [left - 1, right + 1], inset: 8 },
    y: log
      ? { type: 'log', domain: most > 0 ? [least / 1.3, most * 1.3] : [1, 10] }
      : { domain: [0, most > 0 ? most : 1], nice: true },
    marks: [
      plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 6 }),
      plot.axisX(named, {
        label: xLabel,
        labelArrow: 'none',
        labelAnchor: 'center',
        tickSize: 4,
        tickFormat: String,
      }),
      plot.axisY({ label: yLabel, labelArrow: 'none', tickSize: 0, ticks: 6, tickFormat: String }),
      ...(log ? [] : [plot.ruleY([0], { stroke: 'var(--soft)' })]),
      ...lines.flatMap(({ name, colour, line, dots, dashed }) => [
        plot.lineY(line.filter(shown), { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.8, ...dash(dashed) }),
        plot.ruleX(
          dots.filter((dot) => shown(dot) && dot.low !== undefined && dot.high !== undefined),
          { x: 'x', y1: 'low', y2: 'high', stroke: colour, strokeWidth: 1.4 },
        ),
        plot.dot(dots.filter(shown), {
          x: 'x',
          y: 'y',
          r: 4,
          fill: colour,
          stroke: 'var(--page)',
          title: ({ x, y }: LinePoint) => `${name}: ${x}, ${Number(y.toPrecision(4))}`,
        }),
      ]),
      ...lines.map(({ name, colour }, index) =>
        plot.text([name], {
          text: String,
          frameAnchor: 'top-left',
          textAnchor: 'start',
          dx: 12,
          dy: (index - lines.length) * legendLine,
          fill: colour,
        }),
      ),
    ],
  });
}

/** Of values that are nearer to each other than their names have room for, the larger ones. */
function namedTicks(values: readonly number[], distance: number): number[] {
  const named: number[] = [];
  for (const value of values.toSorted((a, b) => b - a))
    if (named.every((other) => other - value >= distance)) named.push(value);
  return named;
}
