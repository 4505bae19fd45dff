import { createHash } from 'node:crypto';
import { version } from '../../package.ts';
import type { ChartRenderer } from '../chart/chart.ts';
import { Markup, markup } from '../html.ts';
import type { RunReport } from './model.ts';
import { again } from './section/again.ts';
import { costs } from './section/cost.ts';
import { coverage } from './section/coverage.ts';
import { faultTable } from './section/faults.ts';
import { heading } from './section/heading.ts';
import { instanceSection } from './section/instances.ts';
import { machineSection } from './section/machines.ts';
import { probabilityChart } from './section/probability.ts';
import { rateChart } from './section/rate.ts';
import { resultOf } from './section/result.ts';
import { settings } from './section/settings.ts';
import { shareChart } from './section/share.ts';
import { timeline } from './section/timeline.ts';
import { style } from './style.ts';

/** What a page may load and do: nothing, but for the one style and the one script, if any, that have these hashes. Pure. */
export function contentPolicy({ style, script }: PageSources): string {
  const admitted = script === undefined ? '' : `; script-src '${hash(script)}'; connect-src 'self'`;
  return `default-src 'none'; style-src '${hash(style)}'${admitted}; base-uri 'none'; form-action 'none'`;
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** What a page has besides its markup. */
export interface PageSources {
  readonly style: string;
  /** It may then speak to the server that it came from. */
  readonly script?: string;
}

/** The whole page. Pure. */
export function page(report: RunReport, charts: ChartRenderer): string {
  const parts = reportParts(report, charts);
  return htmlPage(
    report.run,
    { style },
    markup`<main>
${[...parts.values()].map((part) => markup`${part}\n`)}</main>`,
  );
}

/** The parts of a report by name, in their order. Pure. */
export function reportParts(report: RunReport, charts: ChartRenderer): Map<string, Markup> {
  return new Map([
    ['heading', heading(report)],
    ['result', resultOf(report)],
    ['timeline', timeline(report, charts)],
    ['rate', rateChart(report, charts)],
    ['probability', probabilityChart(report, charts)],
    ['share', shareChart(report, charts)],
    ['coverage', coverage(report, charts)],
    ['cost', costs(report)],
    ['faults', faultTable(report)],
    ['instances', instanceSection(report)],
    ['machines', machineSection(report) ?? markup``],
    ['settings', settings(report)],
    ['again', again(report)],
    ['footer', footer(report)],
  ]);
}

function footer({ run }: RunReport): Markup {
  return markup`<footer>Drawn from the journal of ${run} by cnd ${version}. <code>cnd report ${run}</code> makes it again.</footer>`;
}

/** A page with nothing but this body, style and script. Pure. */
export function htmlPage(title: string, sources: PageSources, body: Markup): string {
  const { style, script } = sources;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(sources)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title} – cnd</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
${script !== undefined && markup`<script>${new Markup(script)}</script>\n`}</body>
</html>
`.text;
}
