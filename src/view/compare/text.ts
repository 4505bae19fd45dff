import type { Comparison } from '../../compare/model.ts';
import { table } from '../table.ts';
import { amdahlText, crossRows, excludedText, groupHeading, groupRows } from './rows.ts';

/** A comparison for a terminal. Pure. */
export function comparisonText(comparison: Comparison): string {
  const { groups, notes } = comparison;
  const blocks = groups.map((group) =>
    [
      `${groupHeading(group)}\n`,
      table(groupRows(group)),
      ...amdahlText(group).map((line) => `${line}\n`),
    ].join(''),
  );
  const cross = crossRows(comparison);
  const rest = [...notes.map((note) => `Note: ${note}`), ...excludedText(comparison)];
  return [
    ...(groups.length === 0 ? ['No run to compare.\n'] : blocks),
    ...(cross ? [table(cross)] : []),
    ...(rest.length > 0 ? [`${rest.join('\n')}\n`] : []),
  ].join('\n');
}
