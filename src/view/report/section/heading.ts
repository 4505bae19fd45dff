import { costWords } from '../../../cost.ts';
import { count, dollars, duration, percent, plural, rate } from '../../../quantity.ts';
import { type HtmlContent, Markup, markup } from '../../html.ts';
import { puzzleText } from '../../plain-line.ts';
import { endedInstanceWords, headline } from '../../summary.ts';
import type { RunReport } from '../model.ts';

/** The name of the run, how it ended, and its most important figures. */
export function heading(report: RunReport): Markup {
  const { run, start, planned, ended } = report;
  const began = new Date(start).toISOString().slice(0, 19).replace('T', ' ');
  return markup`<header>
<p class="eyebrow">Run of cnd, started ${began} UTC</p>
<h1>${run}</h1>
<p class="outcome ${new Markup(look(report))}">${sentence(report)}</p>
${planned && markup`<p class="lead">${puzzleText(planned.puzzle)}, with ${count(planned.instances)} × ${planned.fleet} for at most ${duration(planned.timeLimit)}${planned.smallest ? ', the smallest golden nonce' : ''}</p>`}
${ended?.reason !== undefined && markup`<p>${ended.reason}</p>`}
<dl class="figures">
${figures(report).map(([name, value, note]) => markup`<div><dt>${name}</dt><dd>${value}${note !== undefined && markup`<small>${note}</small>`}</dd></div>\n`)}</dl>
</header>`;
}

function look({ ended, isLive }: RunReport): 'good' | 'bad' | 'warn' | 'lead' {
  if (!ended) return isLive === true ? 'lead' : 'warn';
  if (ended.exitCode === 4 || ended.outcome === 'failed') return 'bad';
  return ended.outcome === 'found' ? 'good' : 'warn';
}

function sentence(report: RunReport): string {
  const { ended, start, last } = report;
  if (ended) {
    const words = headline(ended);
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  }
  if (report.isLive === true) return `Running: ${phaseOf(report)}`;
  return `Unfinished: the journal ends ${duration((last - start) / 1000)} after the start, without a result`;
}

/** What a run that goes on is at. */
function phaseOf({ releasedAt, searchEnded, launchedAt, instances, planned }: RunReport): string {
  if (releasedAt !== undefined)
    return planned?.released ? 'releasing the instances' : 'terminating the instances';
  if (searchEnded !== undefined) return 'the search has ended';
  const searching = [...instances.values()].filter(
    ({ moments, spans }) => moments.terminated === undefined && spans.at(-1)?.stage === 'search',
  ).length;
  if (searching > 0) return `${count(searching)} of ${plural(instances.size, 'instance')} searching`;
  return launchedAt === undefined ? 'planning' : 'launching the instances';
}

type Figure = readonly [name: string, value: HtmlContent, note?: HtmlContent];

function figures(report: RunReport): Figure[] {
  const { ended, samples, instances, planned, start, last } = report;
  const sample = samples.at(-1);
  const tested = ended?.tested ?? sample?.tested ?? '0';
  const chance = ended?.probability ?? sample?.probability;
  const { costBasis, cost } = ended ?? {};
  const gone = [...instances.values()].filter(({ moments }) => moments.terminated !== undefined).length;
  return [
    [
      'Time',
      duration(ended?.elapsed ?? (last - start) / 1000),
      planned && `of at most ${duration(planned.timeLimit)}`,
    ],
    ['Nonces tested', count(tested)],
    ['Rate', ended ? rate(ended.rate) : sample ? rate(sample.rate) : 'unknown', 'while searching'],
    ['Probability', chance === undefined ? 'not in the journal' : percent(chance), 'for as many nonces'],
    [
      'Instances',
      count(ended?.launched ?? instances.size),
      ended
        ? endedInstanceWords(ended).replace(/^[^,]*, /, '')
        : `${count(gone)} ${planned?.released ? 'released' : 'terminated'}`,
    ],
    ...(costBasis === undefined
      ? []
      : [['Cost at most', cost === undefined ? costWords(cost) : `$${dollars(cost)}`] as const]),
  ];
}
