import type { Markup } from '../html.ts';
import type { ChartRenderer, ChartText } from './chart.ts';
import { timeUnit } from './time-axis.ts';

/** A stretch of time in a row of the chart, in seconds. */
export interface ChartSpan {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  /** A CSS colour. */
  readonly colour: string;
  /** What it is, where few enough are drawn to be pointed at. */
  readonly title?: string;
}

/** Rows up to which each has its name. */
const mostNamed = 40;

/** What is drawn besides the spans. */
export interface SpanChart {
  readonly spans: readonly ChartSpan[];
  /** Names of the rows, from the top. */
  readonly rows: readonly string[];
  /** The end of the time axis, in seconds. */
  readonly end: number;
  /** Stretches of time in which the spans are known less well: they are drawn fainter. */
  readonly bands?: readonly { readonly from: number; readonly to: number }[];
  /** A moment that matters to all rows. */
  readonly mark?: { readonly at: number; readonly name: string; readonly row?: number };
}

/** Rows of spans against time: as high as they need to be, from 16 pixels a row for a few down to 2 for many. */
export function spanChart({ plot, draw }: ChartRenderer, text: ChartText, chart: SpanChart): Markup {
  const { spans, rows, end, bands = [], mark } = chart;
  const unit = timeUnit(end);
  const height = Math.min(16, Math.max(2, 640 / Math.max(1, rows.length)));
  const gap = height > 8 ? 1.5 : height > 4 ? 0.5 : 0;
  const colours = new Map<string, ChartSpan[]>();
  for (const span of spans) colours.set(span.colour, [...(colours.get(span.colour) ?? []), span]);
  return draw(text, {
    height: rows.length * height + 66,
    marginLeft: 52,
    marginTop: 26,
    marginBottom: 40,
    x: { domain: [0, Math.max(end, 1e-6) / unit.seconds], label: null },
    y: { domain: [0, Math.max(1, rows.length)], range: [26, 26 + rows.length * height], axis: null },
    marks: [
      plot.gridX({ stroke: 'var(--line)', strokeOpacity: 1 }),
      plot.axisX({
        anchor: 'bottom',
        label: `${unit.name} since the start`,
        labelArrow: 'none',
        labelAnchor: 'center',
        tickSize: 0,
      }),
      plot.axisY(rowTicks(rows.length), {
        tickFormat: (row: number) => rows[Math.floor(row)] ?? '',
        label: null,
        tickSize: 0,
      }),
      ...[...colours].map(([colour, some]) =>
        plot.rect(some, {
          x1: ({ from }: ChartSpan) => from / unit.seconds,
          x2: ({ to }: ChartSpan) => to / unit.seconds,
          y1: ({ row }: ChartSpan) => row,
          y2: ({ row }: ChartSpan) => row + 1,
          insetTop: gap / 2,
          insetBottom: gap / 2,
          fill: colour,
          shapeRendering: 'crispEdges',
          ...(rows.length <= mostNamed && { title: ({ title = '' }: ChartSpan) => title }),
        }),
      ),
      plot.rect(bands, {
        x1: ({ from }: { from: number }) => from / unit.seconds,
        x2: ({ to }: { to: number }) => to / unit.seconds,
        y1: 0,
        y2: Math.max(1, rows.length),
        fill: 'var(--page)',
        fillOpacity: 0.6,
      }),
      ...(mark
        ? [
            plot.ruleX([mark.at / unit.seconds], { stroke: 'var(--hit)', strokeDasharray: '3 2' }),
            plot.text([mark], {
              x: mark.at / unit.seconds,
              frameAnchor: 'top',
              dy: -18,
              text: 'name',
              fill: 'var(--hit)',
              textAnchor: mark.at > end / 2 ? 'end' : 'start',
            }),
          ]
        : []),
    ],
  });
}

/** Where the names of rows stand: at all of few, at some of many. */
function rowTicks(rows: number): number[] {
  const step = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].find((size) => rows / size <= mostNamed) ?? 1024;
  return Array.from({ length: Math.ceil(rows / step) }, (_, index) => index * step + 0.5);
}
