import { duration, percent } from '../../../quantity.ts';
import type { ChartRenderer } from '../../chart/chart.ts';
import { curveChart } from '../../chart/curve-chart.ts';
import { type Markup, markup } from '../../html.ts';
import type { RunReport } from '../model.ts';
import { probabilityAt, probabilityCurve } from '../sample.ts';
import { awayNote, dataDetails, figure, section } from './block.ts';

/** How likely it was to have found a golden nonce by each moment, and when it was found. */
export function probabilityChart(report: RunReport, charts: ChartRenderer): Markup {
  const name = 'Probability against time';
  const curve = probabilityCurve(report);
  const { hits, planned } = report;
  const [first, last] = [curve[0], curve.at(-1)];
  if (!first || !last || curve.length < 2)
    return section(
      name,
      markup`<p>${report.isLive === true ? 'Nothing has been searched yet.' : 'Nothing was searched, or the journal does not tell how likely a hit was.'}</p>`,
    );
  const hit = hits[0];
  const chance = hit && probabilityAt(curve, hit.at);
  const most = last.probability > 0.25 ? 1 : last.probability;
  const drawn = curveChart(
    charts,
    {
      id: 'probability',
      title: 'Probability of a golden nonce against time',
      description: `It rises to ${percent(last.probability)} at ${duration(last.at)}.${hit && chance !== undefined ? ` The golden nonce was found at ${duration(hit.at)}, where it was ${percent(chance)}.` : ''}`,
    },
    {
      points: curve.map(({ at, probability }) => ({ at, value: probability })),
      begin: 0,
      end: (report.last - report.start) / 1000,
      most,
      label: 'probability, %',
      format: (value) => String(Number((value * 100).toPrecision(3))),
      colour: 'var(--search)',
      bands: report.away,
      ...(hit &&
        chance !== undefined && {
          mark: { at: hit.at, value: chance, name: `hit at ${duration(hit.at)}, ${percent(chance)}` },
        }),
    },
  );
  return section(
    name,
    markup`<p class="lead">The probability that a golden nonce is among as many as were tested by then${planned && markup`; of the whole space it is ${percent(planned.spaceProbability)}`}.</p>`,
    figure(name, drawn),
    awayNote(report),
    dataDetails(
      'Probability as numbers',
      [{ name: 'Seconds' }, { name: 'Probability' }],
      curve
        .filter((_, index) => index % Math.ceil(curve.length / 120) === 0 || index === curve.length - 1)
        .map(({ at, probability }) => [at.toFixed(2), percent(probability)]),
    ),
  );
}
