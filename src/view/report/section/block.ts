import { type HtmlContent, Markup, markup } from '../../html.ts';
import type { RunReport } from '../model.ts';

/** One part of a report, under a heading of its own. */
export function section(title: string, ...content: readonly HtmlContent[]): Markup {
  return markup`<section>
<h2>${title}</h2>
${content.map((part) => markup`${part}\n`)}</section>`;
}

/** A chart, which scrolls by itself where a screen is narrower than it can be read. */
export function figure(name: string, chart: Markup): Markup {
  return markup`<figure><div class="scroll" role="region" tabindex="0" aria-label="${name}">${chart}</div></figure>`;
}

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** It holds text, not numbers: as long as it is, or short enough for one line. */
  readonly text?: 'wrapped' | 'line';
}

/** A table that scrolls by itself; the first row is its head, and the first cell of each row its name. */
export function dataTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly HtmlContent[])[],
): Markup {
  const look = ({ text }: Column): Markup | undefined =>
    text && new Markup(text === 'line' ? ' class="text line"' : ' class="text"');
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table>
<thead><tr>${columns.map((column) => markup`<th scope="col"${look(column)}>${column.name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map((cell, index) => markup`<td${look(columns[index] ?? { name: '' })}>${cell}</td>`)}</tr>\n`,
  )}</tbody>
</table></div>`;
}

/** The numbers of a chart, for who does not see it, or wants to know exactly. */
export function dataDetails(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly HtmlContent[])[],
): Markup {
  return markup`<details><summary>${caption}</summary>
${dataTable(caption, columns, rows)}</details>`;
}

/** Explains the fainter stretches of a chart of a run that was resumed. */
export function awayNote({ away }: Pick<RunReport, 'away'>): Markup | undefined {
  if (away.length === 0) return undefined;
  return markup`<p class="lead">Fainter: the run had no controller, its instances went on searching by themselves.</p>`;
}

/** Names and what they stand for. */
export function facts(rows: readonly (readonly [name: string, value: HtmlContent])[]): Markup {
  return markup`<dl class="facts">${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>`;
}
