import type { Comparison } from '../../compare/model.ts';
import { type ChartRenderer, chartWidth } from '../chart/chart.ts';
import { Markup, markup } from '../html.ts';
import { type ComparisonChart, comparisonCharts, partLegend } from './chart.ts';
import { darkColours, withColours } from './svg-colour.ts';

/** Pixels between the charts, and above each for its name. */
const gap = { margin: 16, title: 30 };

/** The charts of a comparison as one SVG, which follows the light or dark setting of whoever shows it. Pure. */
export function comparisonSvg(comparison: Comparison, charts: ChartRenderer): string {
  let bottom = gap.margin;
  const placed = comparisonCharts(comparison, charts).map((chart) => {
    const top = bottom;
    bottom += gap.title + heightOf(chart) + gap.margin;
    return markup`<text x="${gap.margin}" y="${top + 16}" fill="var(--ink)" font-size="15" font-weight="600">${chart.name}</text>
${chart.name.startsWith('Where the time goes') && legend(top + 16)}
<g transform="translate(${gap.margin} ${top + gap.title})">${chart.drawn}</g>
`;
  });
  const width = chartWidth + 2 * gap.margin;
  const height = Math.max(bottom, 60);
  const { text } =
    markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" color="var(--soft)" font-family="system-ui,sans-serif" font-size="11" role="img" aria-label="Comparison of runs by cnd">
<style>${new Markup(darkColours)}</style>
<rect width="${width}" height="${height}" fill="var(--page)"/>
${placed.length === 0 ? markup`<text x="16" y="34" fill="var(--ink)">No run to compare.</text>` : placed}
</svg>
`;
  return withColours(text);
}

function heightOf({ drawn }: ComparisonChart): number {
  return Number(/^<svg[^>]*? height="([\d.]+)"/.exec(drawn.text)?.[1] ?? 300);
}

/** At the right of a chart's name. */
function legend(y: number): Markup {
  const step = 88;
  const left = chartWidth - partLegend.length * step;
  return markup`${partLegend.map(
    ({ name, colour }, index) =>
      markup`<rect x="${left + index * step}" y="${y - 9}" width="10" height="10" fill="${colour}"/><text x="${left + index * step + 15}" y="${y}" fill="var(--soft)">${name}</text>\n`,
  )}`;
}
