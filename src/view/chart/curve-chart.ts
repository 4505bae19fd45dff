import type { Markup } from '../html.ts';
import type { ChartRenderer, ChartText } from './chart.ts';
import { timeUnit } from './time-axis.ts';

/** A point of a curve: seconds, and a value. */
export interface CurvePoint {
  readonly at: number;
  readonly value: number;
}

/** A value against time. */
export interface CurveChart {
  readonly points: readonly CurvePoint[];
  /** The time axis, in seconds. */
  readonly begin: number;
  readonly end: number;
  /** The value axis: its end, what it shows, and how. */
  readonly most: number;
  readonly label: string;
  readonly format?: (value: number) => string;
  readonly colour: string;
  /** Stretches of time in which nothing was measured: the curve is drawn fainter there. */
  readonly bands?: readonly { readonly from: number; readonly to: number }[];
  /** A point that matters. */
  readonly mark?: CurvePoint & { readonly name: string };
}

/** One value against time, filled down to zero. */
export function curveChart({ plot, draw }: ChartRenderer, text: ChartText, chart: CurveChart): Markup {
  const { points, begin, end, most, label, format, colour, bands = [], mark } = chart;
  const unit = timeUnit(end);
  const x = ({ at }: CurvePoint): number => at / unit.seconds;
  return draw(text, {
    height: 220,
    marginLeft: 52,
    marginTop: 28,
    marginBottom: 40,
    x: { domain: [begin / unit.seconds, Math.max(end, begin + 1e-6) / unit.seconds] },
    y: { domain: [0, most > 0 ? most : 1], nice: most !== 1 },
    marks: [
      plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
      plot.axisX({
        label: `${unit.name} since the start`,
        labelArrow: 'none',
        labelAnchor: 'center',
        tickSize: 0,
      }),
      plot.axisY({ label, labelArrow: 'none', tickSize: 0, ticks: 5, ...(format && { tickFormat: format }) }),
      plot.areaY(points, { x, y: 'value', fill: colour, fillOpacity: 0.16 }),
      plot.lineY(points, { x, y: 'value', stroke: colour, strokeWidth: 1.8 }),
      plot.rect(bands, {
        x1: ({ from }: { from: number }) => from / unit.seconds,
        x2: ({ to }: { to: number }) => to / unit.seconds,
        fill: 'var(--page)',
        fillOpacity: 0.6,
      }),
      plot.ruleY([0], { stroke: 'var(--soft)' }),
      ...(mark
        ? [
            plot.ruleX([mark], { x, y: 'value', stroke: 'var(--hit)', strokeDasharray: '3 2' }),
            plot.dot([mark], { x, y: 'value', r: 4, fill: 'var(--hit)', stroke: 'var(--page)' }),
            plot.text([mark], {
              x,
              y: 'value',
              text: 'name',
              fill: 'var(--hit)',
              dy: -12,
              dx: mark.at > (begin + end) / 2 ? -4 : 4,
              textAnchor: mark.at > (begin + end) / 2 ? 'end' : 'start',
            }),
          ]
        : []),
    ],
  });
}
