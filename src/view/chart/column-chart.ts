import type { Markup } from '../html.ts';
import { type ChartRenderer, type ChartText, chartWidth } from './chart.ts';

/** A column: its name and height. */
export interface ChartColumn {
  readonly name: string;
  readonly value: number;
  readonly colour: string;
  readonly title: string;
}

/** Columns side by side. */
export interface ColumnChart {
  readonly columns: readonly ChartColumn[];
  readonly label: string;
  /** A height to compare all with. */
  readonly even?: { readonly value: number; readonly name: string };
}

/** Names stand at every so many columns. */
const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

const margins = { left: 52, right: 20 };

/** Columns, a few wide ones or hundreds of thin ones. */
export function columnChart({ plot, draw }: ChartRenderer, text: ChartText, chart: ColumnChart): Markup {
  const { columns, label, even } = chart;
  const width = Math.min(84, (chartWidth - margins.left - margins.right) / Math.max(1, columns.length));
  const inset = width > 50 ? 10 : width > 12 ? 3 : width > 5 ? 0.8 : width > 2 ? 0.25 : 0;
  const most = columns.reduce((largest, { value }) => Math.max(largest, value), even?.value ?? 0);
  const step = steps.find((size) => size * width >= 34) ?? 5000;
  const indexed = columns.map((column, index) => ({ ...column, index }));
  return draw(text, {
    height: 200,
    marginLeft: margins.left,
    marginRight: margins.right,
    marginTop: 28,
    marginBottom: 30,
    x: {
      domain: [0, Math.max(1, columns.length)],
      range: [margins.left, margins.left + width * Math.max(1, columns.length)],
    },
    y: { domain: [0, most > 0 ? most : 1], nice: true },
    marks: [
      plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
      plot.axisY({ label, labelArrow: 'none', tickSize: 0, ticks: 5 }),
      plot.axisX(
        columns.flatMap((_, index) => (index % step === 0 ? [index + 0.5] : [])),
        { tickFormat: (at: number) => columns[Math.floor(at)]?.name ?? '', label: null, tickSize: 0 },
      ),
      plot.rect(indexed, {
        x1: ({ index }: { index: number }) => index,
        x2: ({ index }: { index: number }) => index + 1,
        y1: 0,
        y2: 'value',
        insetLeft: inset,
        insetRight: inset,
        fill: ({ colour }: ChartColumn) => colour,
        title: 'title',
      }),
      plot.ruleY([0], { stroke: 'var(--soft)' }),
      ...(even
        ? [plot.ruleY([even.value], { stroke: 'var(--ink)', strokeDasharray: '4 3', title: () => even.name })]
        : []),
    ],
  });
}
