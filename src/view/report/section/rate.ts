import { count, duration, rate as rateText } from '../../../quantity.ts';
import type { ChartRenderer } from '../../chart/chart.ts';
import { curveChart } from '../../chart/curve-chart.ts';
import { type Markup, markup } from '../../html.ts';
import type { RunReport, Sample } from '../model.ts';
import { awayNote, dataDetails, figure, section } from './block.ts';

/** Rows of a table of samples. */
const mostRows = 120;

/** Nonces per second of the whole fleet, against time. */
export function rateChart(report: RunReport, charts: ChartRenderer): Markup {
  const name = 'Hash rate';
  const { samples, ended } = report;
  if (samples.length < 2) {
    if (report.isLive === true)
      return section(name, markup`<p>Nothing has been searched yet: progress is reported once a second.</p>`);
    const average = ended ? ` On average it was ${rateText(ended.rate)}.` : '';
    return section(
      name,
      markup`<p>The search was too short for a curve: progress is reported once a second.${average}</p>`,
    );
  }
  const most = samples.reduce((largest, { rate }) => Math.max(largest, rate), 0);
  const [first, last] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0];
  const drawn = curveChart(
    charts,
    {
      id: 'rate',
      title: 'Hash rate against time',
      description: `From ${duration(first)} to ${duration(last)} after the start, at most ${rateText(most)}.`,
    },
    {
      points: samples.map(({ at, rate }) => ({ at, value: finite(rate / 1e6) })),
      begin: 0,
      end: (report.last - report.start) / 1000,
      most: finite(most / 1e6),
      label: 'MH/s',
      colour: 'var(--accent)',
      bands: report.away,
    },
  );
  return section(
    name,
    markup`<p class="lead">All instances together, ${rateWords(most, ended?.rate)}.</p>`,
    figure(name, drawn),
    awayNote(report),
    dataDetails(
      'Hash rate as numbers',
      [
        { name: 'Seconds' },
        { name: 'Instances searching' },
        { name: 'Nonces per second' },
        { name: 'Tested' },
      ],
      thinned(samples).map(({ at, searching, rate, tested }) => [
        at.toFixed(1),
        searching,
        count(Math.round(rate)),
        count(tested),
      ]),
    ),
  );
}

/** What is reported once a second lags behind: in a short search its peak may be below the average of all. */
function rateWords(most: number, average: number | undefined): string {
  const peak = average === undefined || most >= average ? [`at most ${rateText(most)}`] : [];
  const mean = average === undefined ? [] : [`${rateText(average)} on average while searching`];
  return [...peak, ...mean].join(', ');
}

function finite(value: number): number {
  return Math.min(1e15, Math.max(0, value));
}

/** As many samples as a table has rows, the newest among them. */
function thinned(samples: readonly Sample[]): Sample[] {
  const step = Math.ceil(samples.length / mostRows);
  return samples.filter((_, index) => (samples.length - 1 - index) % step === 0);
}
