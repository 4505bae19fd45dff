import type { Markup } from '../html.ts';
import { type ChartRenderer, type ChartText, chartWidth } from './chart.ts';

/** A line of cells, wrapped into rows as text is: each is filled to some extent, 0 … 1. */
export interface MapChart {
  readonly cells: readonly number[];
  /** Cells in a row. */
  readonly columns: number;
  readonly colour: string;
  /** Index of a cell that is marked. */
  readonly mark?: number | undefined;
  /** What the first cell of a row is called. */
  readonly rowName: (cell: number) => string;
}

const margins = { left: 110, right: 6, top: 8, bottom: 6 };

/** A map of something long in cells. */
export function mapChart({ plot, draw }: ChartRenderer, text: ChartText, chart: MapChart): Markup {
  const { cells, columns, colour, mark, rowName } = chart;
  const rows = Math.ceil(cells.length / columns);
  const size = Math.min(16, (chartWidth - margins.left - margins.right) / columns);
  const at = (index: number) => ({ column: index % columns, row: Math.floor(index / columns) });
  const box = {
    x1: 'column',
    x2: ({ column }: { column: number }) => column + 1,
    y1: 'row',
    y2: ({ row }: { row: number }) => row + 1,
    inset: 0.6,
  };
  const all = cells.map((value, index) => ({ ...at(index), value }));
  return draw(text, {
    height: rows * size + margins.top + margins.bottom,
    marginLeft: margins.left,
    marginRight: margins.right,
    marginTop: margins.top,
    marginBottom: margins.bottom,
    x: { domain: [0, columns], range: [margins.left, margins.left + size * columns], axis: null },
    y: { domain: [0, rows], range: [margins.top, margins.top + size * rows], axis: null },
    marks: [
      plot.axisY(
        Array.from({ length: rows }, (_, row) => row + 0.5).filter(
          (_, row) => row % Math.ceil(12 / size) === 0,
        ),
        { tickFormat: (row: number) => rowName(Math.floor(row) * columns), label: null, tickSize: 0 },
      ),
      plot.rect(
        all.filter(({ value }) => value < 1),
        { ...box, fill: 'var(--idle)', fillOpacity: 0.6 },
      ),
      plot.rect(
        all.filter(({ value }) => value > 0),
        { ...box, fill: colour, fillOpacity: ({ value }: { value: number }) => 0.25 + 0.75 * value },
      ),
      ...(mark === undefined
        ? []
        : [
            plot.rect([at(mark)], {
              ...box,
              fill: 'none',
              stroke: 'var(--hit)',
              strokeWidth: 2,
              inset: -0.5,
            }),
          ]),
    ],
  });
}
