import { count } from '../../../quantity.ts';
import { type HtmlContent, type Markup, markup } from '../../html.ts';
import type { ReportedInstance, RunReport } from '../model.ts';
import { dataTable, section } from './block.ts';
import { instanceName, mostOpen } from './instances.ts';
import { sorted } from './timeline.ts';

/** What each instance is, and what it searched with. Apart from its times, so that neither table is wider than a sheet of paper. */
export function machineSection(report: RunReport): Markup | undefined {
  const instances = sorted(report);
  if (instances.length === 0) return undefined;
  const table = dataTable(
    'Machines',
    [{ name: '#' }, { name: 'machine', text: 'wrapped' }, { name: 'kernel', text: 'wrapped' }],
    instances.map(rowOf),
  );
  return section(
    'Machines',
    instances.length <= mostOpen
      ? table
      : markup`<details><summary>All ${count(instances.length)} machines</summary>
${table}</details>`,
  );
}

function rowOf(instance: ReportedInstance): HtmlContent[] {
  const { engine, id, type, zone, address } = instance;
  return [
    instanceName(instance),
    [id, type, zone, address].filter((word) => word !== undefined).join(', '),
    engine
      ? `${engine.kernel} (${engine.isa}), ${engine.threads} of ${engine.cores} cores, Python ${engine.python}`
      : '–',
  ];
}
