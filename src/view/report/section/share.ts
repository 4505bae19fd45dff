import { count, percent } from '../../../quantity.ts';
import type { ChartRenderer } from '../../chart/chart.ts';
import { columnChart } from '../../chart/column-chart.ts';
import { type Markup, markup } from '../../html.ts';
import type { ReportedInstance, RunReport } from '../model.ts';
import { figure, section } from './block.ts';
import { sorted } from './timeline.ts';

/** Columns that are drawn. */
const most = 2000;

/** Nonces that the agents of an instance reported as tested. Pure. */
export function hashesOf({ hashes }: ReportedInstance): number {
  return hashes.earlier + hashes.present;
}

/** How much of the work each instance did. */
export function shareChart(report: RunReport, charts: ChartRenderer): Markup {
  const name = 'Share of work';
  const instances = sorted(report);
  const total = instances.reduce((sum, instance) => sum + hashesOf(instance), 0);
  if (!(total > 0) || !Number.isFinite(total))
    return section(
      name,
      markup`<p>${report.isLive === true ? 'No instance has reported any work yet.' : 'No instance reported any work.'}</p>`,
    );
  const even = total / instances.length;
  const shares = instances.map(hashesOf);
  const [least, largest] = [shares.reduce(smaller), shares.reduce(larger)];
  const drawn = columnChart(
    charts,
    {
      id: 'share',
      title: 'Nonces tested by each instance',
      description: `${count(instances.length)} instances, from ${count(Math.round(least))} to ${count(Math.round(largest))} nonces; an even share is ${count(Math.round(even))}.`,
    },
    {
      columns: instances.slice(0, most).map((instance) => ({
        name: `#${instance.index}`,
        value: hashesOf(instance) / 1e6,
        colour: instance.found ? 'var(--hit)' : 'var(--search)',
        title: `#${instance.index}: ${count(Math.round(hashesOf(instance)))} nonces, ${percent(hashesOf(instance) / total)}`,
      })),
      label: 'million nonces',
      even: { value: even / 1e6, name: 'even share' },
    },
  );
  return section(
    name,
    markup`<p class="lead">Nonces tested by each instance, ${count(Math.round(total))} in all${
      report.planned?.resumes === undefined ? '' : ', without those of the run that it resumes'
    }; the dashed line is an even share${instances.some(({ found }) => found) ? ', the instance that found the golden nonce is marked' : ''}. The table of the instances has the numbers.</p>`,
    figure(name, drawn),
  );
}

function smaller(a: number, b: number): number {
  return Math.min(a, b);
}

function larger(a: number, b: number): number {
  return Math.max(a, b);
}
