import { count, rate } from '../../quantity.ts';
import { type Span, type Style, span } from './span.ts';
import type { InstanceStage, LiveInstance } from './state.ts';
import { displayWidth, pad } from '../../text.ts';

const styles: Partial<Record<InstanceStage, Style>> = {
  waiting: 'yellow',
  lost: 'red',
  stopped: 'dim',
  terminated: 'dim',
  released: 'dim',
};

const heads = ['#', 'state', 'kernel', 'rate', 'nonces'] as const;
const least = [3, 10, 0, 9, 11] as const;
const gap = '  ';
const [kernel, nonces] = [heads.indexOf('kernel'), heads.indexOf('nonces')];
/** What is shown, the widest first: without the kernels, and then the nonces, the rates still fit. */
const layouts = [[], [kernel], [kernel, nonces]].map((without) =>
  heads.map((_, column) => column).filter((column) => !without.includes(column)),
);

/** A head and one row for each instance, their columns aligned; without some where all are too wide. Pure. */
export function instanceTable(instances: readonly LiveInstance[], columns: number): Span[][] {
  const cells = instances.map((instance) => figures(instance));
  const widths = heads.map((head, column) =>
    Math.max(least[column] ?? 0, ...[head, ...cells.map((row) => row[column] ?? '')].map(displayWidth)),
  );
  const total = (layout: readonly number[]): number =>
    layout.reduce((sum, column) => sum + (widths[column] ?? 0), gap.length * (layout.length - 1));
  const layout = layouts.find((one) => total(one) <= columns) ?? layouts.at(-1) ?? [];
  const figured = layout.slice(2);
  const cell = (row: readonly string[], column: number): string =>
    pad(row[column] ?? '', widths[column] ?? 0, column === 1 || column === kernel ? 'end' : 'start');
  const rest = (row: readonly string[]): string => figured.map((column) => cell(row, column)).join(gap);

  const rows = instances.map((instance, position): Span[] => {
    const row = cells[position] ?? [];
    const style = instance.golden ? 'green' : styles[instance.stage];
    const begin = [span(`${cell(row, 0)}${gap}`), span(cell(row, 1), style), span(gap)];
    // One that does not search has words instead of figures.
    if (instance.detail !== undefined) return [...begin, span(instance.detail, style)];
    return [...begin, span(rest(row), style === 'dim' ? 'dim' : undefined), ...ending(instance)];
  });
  return [[span([cell(heads, 0), cell(heads, 1), rest(heads)].join(gap), 'dim')], ...rows];
}

function figures({ index, stage, detail, engine = '', rate: speed, hashes }: LiveInstance): string[] {
  if (detail !== undefined) return [String(index), stage];
  const known = engine !== '';
  return [String(index), stage, engine, known && speed > 0 ? rate(speed) : '', known ? count(hashes) : ''];
}

function ending({ golden, log }: LiveInstance): Span[] {
  const hit = golden ? [span('golden', 'green')] : [];
  const logs = log === undefined ? [] : [span(`log ${log}`, log === 'missing' ? 'yellow' : 'dim')];
  return [...hit, ...logs].flatMap((one) => [span('  '), one]);
}
