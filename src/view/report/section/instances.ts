import { count, percent } from '../../../quantity.ts';
import { type HtmlContent, type Markup, markup } from '../../html.ts';
import type { Moments, ReportedInstance, RunReport } from '../model.ts';
import { type Column, dataTable, section } from './block.ts';
import { hashesOf } from './share.ts';
import { sorted } from './timeline.ts';

/** Instances up to which a table of them is open. */
export const mostOpen = 16;

const moments: readonly (keyof Moments)[] = [
  'launched',
  'running',
  'connected',
  'uploaded',
  'searching',
  'stopped',
  'logs',
  'terminated',
];

/** Every instance: when it reached which state, and how much it tested. */
export function instanceSection(report: RunReport): Markup {
  const instances = sorted(report);
  if (instances.length === 0)
    return section('Instances', markup`<p>${report.isLive === true ? 'None yet.' : 'None.'}</p>`);
  const total = instances.reduce((sum, instance) => sum + hashesOf(instance), 0);
  const released = report.planned?.released;
  const columns: Column[] = [
    { name: '#' },
    ...moments.map((name) => ({ name: name === 'terminated' && released ? 'released' : name })),
    { name: 'nonces' },
    { name: 'share' },
  ];
  const table = dataTable(
    'Instances',
    columns,
    instances.map((instance) => rowOf(instance, total)),
  );
  return section(
    'Instances',
    markup`<p class="lead">Times are in seconds since the start of the run.</p>`,
    instances.length <= mostOpen
      ? table
      : markup`<details><summary>All ${count(instances.length)} instances</summary>
${table}</details>`,
  );
}

function rowOf(instance: ReportedInstance, total: number): HtmlContent[] {
  const { logMissing } = instance;
  const hashes = hashesOf(instance);
  return [
    instanceName(instance),
    ...moments.map((name) => {
      if (name === 'logs' && logMissing !== undefined && instance.moments.logs === undefined) return 'none';
      return instance.moments[name]?.toFixed(2) ?? '–';
    }),
    count(Math.round(hashes)),
    total > 0 ? percent(hashes / total) : '–',
  ];
}

/** The name of an instance; the one that found the golden nonce has a star. */
export function instanceName({ index, found }: ReportedInstance): string {
  return `#${index}${found ? ' ★' : ''}`;
}
