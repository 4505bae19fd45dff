import type { Comparison, ComparisonGroup } from '../../compare/model.ts';
import { version } from '../../package.ts';
import type { ChartRenderer } from '../chart/chart.ts';
import { type Markup, markup } from '../html.ts';
import { htmlPage } from '../report/page.ts';
import { dataTable, figure, section } from '../report/section/block.ts';
import { style } from '../report/style.ts';
import { comparisonCharts, partLegend } from './chart.ts';
import { amdahlText, crossRows, excludedText, groupHeading, groupRows } from './rows.ts';

/** A comparison as one HTML file that needs nothing else: no network, no scripts. Pure. */
export function comparisonPage(comparison: Comparison, charts: ChartRenderer): string {
  const { series, groups, runs, notes } = comparison;
  const title = series === undefined ? 'Comparison of runs' : `Series ${series}`;
  const cross = crossRows(comparison);
  const rest = [...notes, ...excludedText(comparison)];
  const sections = [
    ...groups.map(groupSection),
    cross && section('Side by side', tableOf('Side by side', cross)),
    ...comparisonCharts(comparison, charts).map(({ name, lead, drawn }) =>
      section(
        name,
        markup`<p class="lead">${lead}</p>`,
        name.startsWith('Where the time goes') && legend(),
        figure(name, drawn),
      ),
    ),
    rest.length > 0 && section('Notes', markup`<ul>${rest.map((line) => markup`<li>${line}</li>\n`)}</ul>`),
    section('Runs', markup`<p class="mono">${runs.map(({ run }) => `${run} `)}</p>`),
  ];
  return htmlPage(
    title,
    { style },
    markup`<main>
<header>
<p class="eyebrow">Comparison by cnd</p>
<h1>${title}</h1>
<p class="lead">${groups.length === 0 ? 'No run to compare.' : `${runs.length} runs; speed-up is against the fewest instances of the same table, of the search and of the whole run.`}</p>
</header>
${sections.map((part) => markup`${part}\n`)}
<footer>Drawn from the records of the runs by cnd ${version}.</footer>
</main>`,
  );
}

function groupSection(group: ComparisonGroup): Markup {
  const heading = groupHeading(group);
  return section(
    heading,
    tableOf(heading, groupRows(group)),
    amdahlText(group).map((line) => markup`<p>${line}</p>\n`),
  );
}

function tableOf(name: string, rows: readonly (readonly string[])[]): Markup {
  const [head = [], ...body] = rows;
  return dataTable(
    name,
    head.map((name) => ({ name })),
    body,
  );
}

function legend(): Markup {
  return markup`<ul class="legend">${partLegend.map(
    ({ name, colour }) =>
      markup`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" fill="${colour}"/></svg>${name}</li>\n`,
  )}</ul>`;
}
