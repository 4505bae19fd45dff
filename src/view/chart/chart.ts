import type * as Plot from '@observablehq/plot';
import { Markup, markup } from '../html.ts';

/** What a chart is, besides its marks. */
export interface ChartText {
  /** Unique in its page: the ids of title and description begin with it. */
  readonly id: string;
  /** What a reader who sees no pictures is told: its name, and what it shows in a sentence. */
  readonly title: string;
  readonly description: string;
}

/** Draws charts as SVG, without a browser and without a style of their own: colours are custom properties of the page. */
export interface ChartRenderer {
  readonly plot: typeof Plot;
  readonly draw: (text: ChartText, options: Plot.PlotOptions) => Markup;
}

/** Width of a chart in its own units, which the page scales. */
export const chartWidth = 760;

/** Numbers of the geometry, beyond a hundredth of a pixel. */
const geometry = / (?:x|y|x1|x2|y1|y2|r|cx|cy|width|height|d|points|transform)="[^"]*"/g;

/** As much of an element of the DOM as is needed here. */
interface DrawnElement {
  readonly outerHTML: string;
  querySelectorAll(selector: string): Iterable<DrawnElement>;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
}

/** Loads what draws charts, which takes a quarter of a second: only when one is drawn. */
export async function openCharts(): Promise<ChartRenderer> {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  const draw = ({ id, title, description }: ChartText, options: Plot.PlotOptions): Markup => {
    const { document } = parseHTML('<!doctype html><html><body></body></html>');
    const svg: DrawnElement = plot.plot({ width: chartWidth, ...options, document, className: 'chart' });
    // A style element of its own would need a hash of its own, and labels within an image are read by nobody.
    for (const style of svg.querySelectorAll('style')) style.remove();
    for (const element of svg.querySelectorAll('[aria-label], [aria-description], [aria-hidden]'))
      for (const name of ['aria-label', 'aria-description', 'aria-hidden']) element.removeAttribute(name);
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-labelledby', `${id}-title ${id}-description`);
    const drawn = svg.outerHTML.replaceAll(geometry, (attribute) =>
      attribute.replaceAll(/(\.\d{2})\d+/g, '$1'),
    );
    const begin = drawn.indexOf('>') + 1;
    const words = markup`<title id="${id}-title">${title}</title
      ><desc id="${id}-description">${description}</desc>`;
    return new Markup(drawn.slice(0, begin) + words.text + drawn.slice(begin));
  };
  return { plot, draw };
}
