import { type Check, type Preflight } from '../fleet/preflight.ts';
import { costWords } from '../cost.ts';
import { printable } from '../text.ts';

const marks: Record<Check['outcome'], string> = { ok: 'ok', warning: 'WARNING', failed: 'FAILED' };

/** What was checked, one a line, with what to do about it under what is wrong. Pure. */
export function checkTable(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, outcome, message, hint }) => {
    const line = `${marks[outcome].padEnd(8)}${name.padEnd(width)}  ${printable(message)}`;
    return hint === undefined || outcome === 'ok'
      ? line
      : `${line}\n${' '.repeat(width + 10)}${printable(hint)}`;
  });
  return `${lines.join('\n')}\n`;
}

/** What would be launched, and for how much at most. Pure. */
export function summaryLines({ facts, cost, costBasis }: Preflight): string {
  if (facts.length === 0) return '';
  const rows = [...facts, ['cost', costWords(cost, costBasis)] as const];
  return `\n${rows.map(([name, value]) => `${name.padEnd(14)}${printable(value)}`).join('\n')}\n`;
}
