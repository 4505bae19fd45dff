import { duration, plural } from '../../../quantity.ts';
import { type Markup, markup } from '../../html.ts';
import { faultText } from '../fault.ts';
import type { RunReport } from '../model.ts';
import { dataTable, section } from './block.ts';

/** What did not go as planned, and what the journal does not tell. */
export function faultTable({ faults, unread, isLive }: RunReport): Markup {
  const rows = [...faults].map(([key, fault]) => [
    duration(fault.first),
    fault.count === 1 ? '' : `${fault.count} times until ${duration(fault.last)}`,
    faultText(key, fault),
  ]);
  const lines = [
    ...(unread.unknown > 0 ? [`${plural(unread.unknown, 'event')} of a newer version of cnd`] : []),
    ...(unread.damaged > 0 ? [plural(unread.damaged, 'damaged line')] : []),
    ...(unread.overlong > 0 ? [`${plural(unread.overlong, 'line')} too long to be read`] : []),
  ];
  return section(
    'Warnings and faults',
    rows.length === 0
      ? markup`<p>${isLive === true ? 'None so far.' : 'None.'}</p>`
      : dataTable(
          'Warnings and faults',
          [{ name: 'After' }, { name: 'Repeated', text: 'line' }, { name: 'What', text: 'wrapped' }],
          rows,
        ),
    lines.length > 0
      ? markup`<p class="lead">Of the journal, these could not be read and are left out: ${lines.join(', ')}.</p>`
      : undefined,
  );
}
