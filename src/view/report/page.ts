import { createHash } from 'node:crypto';
import { version } from '../../version.ts';
import type { ChartRenderer } from '../chart/chart.ts';
import { Markup, markup } from '../html.ts';
import type { RunReport } from './model.ts';
import { again } from './section/again.ts';
import { costs } from './section/cost.ts';
import { coverage } from './section/coverage.ts';
import { faultTable } from './section/faults.ts';
import { heading } from './section/heading.ts';
import { instanceSection } from './section/instances.ts';
import { probabilityChart } from './section/probability.ts';
import { rateChart } from './section/rate.ts';
import { resultOf } from './section/result.ts';
import { settings } from './section/settings.ts';
import { shareChart } from './section/share.ts';
import { timeline } from './section/timeline.ts';
import { style } from './style.ts';

/** What the page may load and do: nothing, but for the one style that has this hash. */
export function contentPolicy(): string {
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

/** The whole page. Pure. */
export function page(report: RunReport, charts: ChartRenderer): string {
  const sections = [
    resultOf(report),
    timeline(report, charts),
    rateChart(report, charts),
    probabilityChart(report, charts),
    shareChart(report, charts),
    coverage(report, charts),
    costs(report),
    faultTable(report),
    instanceSection(report),
    settings(report),
    again(report),
  ];
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${report.run} – cnd</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${heading(report)}
${sections.map((section) => markup`${section}\n`)}
<footer>Drawn from the journal of ${report.run} by cnd ${version}. <code>cnd report ${report.run}</code> makes it again.</footer>
</main>
</body>
</html>
`.text;
}
