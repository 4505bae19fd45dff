import { count, rate } from '../../quantity.ts';
import { type Span, type Style, span } from './span.ts';
import type { InstanceStage, LiveInstance } from './state.ts';
import { displayWidth, pad } from '../../text.ts';

const styles: Partial<Record<InstanceStage, Style>> = {
  waiting: 'yellow',
  lost: 'red',
  stopped: 'dim',
  terminated: 'dim',
};

/** A head and one row for each instance, their columns aligned. Pure. */
export function instanceTable(instances: readonly LiveInstance[]): Span[][] {
  const cells = instances.map((instance) => figures(instance));
  const head = ['#', 'state', 'kernel', 'rate', 'nonces'] as const;
  const width = (column: number, least: number): number =>
    Math.max(least, displayWidth(head[column] ?? ''), ...cells.map((row) => displayWidth(row[column] ?? '')));
  const widths = [width(0, 3), width(1, 10), width(2, 0), width(3, 9), width(4, 11)];
  const left = (text: string, column: number): string => pad(text, widths[column] ?? 0, 'end');
  const right = (text: string, column: number): string => pad(text, widths[column] ?? 0, 'start');

  const rows = instances.map((instance, position): Span[] => {
    const [index = '', stage = '', engine = '', speed = '', nonces = ''] = cells[position] ?? [];
    const style = instance.golden ? 'green' : styles[instance.stage];
    const begin = [span(`${right(index, 0)}  `), span(left(stage, 1), style), span('  ')];
    // One that does not search has words instead of figures.
    if (instance.detail !== undefined) return [...begin, span(instance.detail, style)];
    const numbers = `${left(engine, 2)}  ${right(speed, 3)}  ${right(nonces, 4)}`;
    return [...begin, span(numbers, style === 'dim' ? 'dim' : undefined), ...ending(instance)];
  });
  const titles = `${right('#', 0)}  ${left('state', 1)}  ${left('kernel', 2)}  ${right('rate', 3)}  ${right('nonces', 4)}`;
  return [[span(titles, 'dim')], ...rows];
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
