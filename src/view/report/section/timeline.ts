import { duration, plural } from '../../../quantity.ts';
import type { ChartRenderer } from '../../chart/chart.ts';
import { spanChart } from '../../chart/span-chart.ts';
import { type Markup, markup } from '../../html.ts';
import { type ReportedInstance, type RunReport, type Stage, stages } from '../model.ts';
import { awayNote, figure, section } from './block.ts';

/** Rows that are drawn: more have no pixel of their own. */
const mostRows = 2000;

const meaning: Readonly<Record<Stage, string>> = {
  launch: 'launch',
  boot: 'boot',
  SSH: 'waiting for SSH',
  upload: 'upload and start of the worker',
  search: 'search',
  disconnected: 'disconnected, searching on',
  idle: 'idle',
  stop: 'stopping',
  lost: 'lost',
  logs: 'pulling logs',
  terminate: 'terminating',
};

/** Where every instance was at each moment of the run. */
export function timeline(report: RunReport, charts: ChartRenderer): Markup {
  const name = 'Timeline of the instances';
  const instances = sorted(report).slice(0, mostRows);
  if (instances.length === 0)
    return section(
      name,
      markup`<p>${report.isLive === true ? 'No instance has been launched yet.' : 'No instance was launched.'}</p>`,
    );
  const released = report.planned?.released;
  const words = (stage: Stage): string => (stage === 'terminate' && released ? 'releasing' : meaning[stage]);
  const spans = instances.flatMap(({ index, spans }, row) =>
    spans.map(({ stage, from, to }) => ({
      row,
      from,
      to,
      colour: `var(--${stage})`,
      title: `#${index}: ${words(stage)}, ${duration(from)} to ${duration(to)}`,
    })),
  );
  const used = new Set(instances.flatMap(({ spans }) => spans.map(({ stage }) => stage)));
  const hit = report.hits.at(-1);
  const end = (report.last - report.start) / 1000;
  const drawn = spanChart(
    charts,
    {
      id: 'timeline',
      title: name,
      description: `${plural(instances.length, 'instance')} from ${instances[0]?.index ?? 0} on, over ${duration(end)}: ${stages
        .filter((stage) => used.has(stage))
        .map(words)
        .join(', ')}. The table of the instances has the same times as numbers.`,
    },
    {
      spans,
      bands: report.away,
      rows: instances.map(({ index }) => `#${index}`),
      end,
      ...(hit && { mark: { at: hit.at, name: `golden nonce at ${duration(hit.at)}` } }),
    },
  );
  return section(
    name,
    markup`<ul class="legend">${stages
      .filter((stage) => used.has(stage))
      .map((stage) => markup`<li>${swatch(stage)}${words(stage)}</li>`)}</ul>`,
    figure(name, drawn),
    awayNote(report),
    report.instances.size > mostRows
      ? markup`<p class="lead">The first ${plural(mostRows, 'instance')} of ${report.instances.size}.</p>`
      : undefined,
  );
}

/** The instances by index. */
export function sorted({ instances }: RunReport): ReportedInstance[] {
  return [...instances.values()].toSorted((a, b) => a.index - b.index);
}

function swatch(stage: Stage): Markup {
  return markup`<svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" fill="var(--${stage})"></rect></svg>`;
}
