import { costOf, costWords } from '../../cost.ts';
import { dollars, duration, percent, plural, rate } from '../../quantity.ts';
import { displayWidth, wrap } from '../../text.ts';
import { forecast } from './forecast.ts';
import { awaitedSpans } from './awaited.ts';
import { isBefore, phaseSpans } from './phase.ts';
import { instanceTable } from './row.ts';
import { select } from './selection.ts';
import { type Stylize, type Span, line, span, spansWidth, unstyled } from './span.ts';
import type { LiveRun } from './state.ts';

/** What the keys do, as long as there is room for. */
const keyHints = ['keys: s status, i instances, h help, q quit', 'keys: s, i, q; h explains them', 'h: help'];

/** Columns from which there is room for the time that each phase took. */
const wide = 110;

/**
 * The live area of a run at a moment (milliseconds since the epoch): at most `rows` lines of at most `columns` columns,
 * none once the run has ended. Pure.
 */
export function frame(
  state: LiveRun,
  now: number,
  columns: number,
  rows: number,
  stylize: Stylize = unstyled,
  hasKeys = false,
): string[] {
  if (state.phase === 'ended' || rows < 1) return [];
  const time = span(countdown(state, now), 'bold');
  const header = [
    aside(phaseSpans(state, now, columns >= wide), time, columns),
    // Before what a low terminal has no room for, and whole.
    ...questionLines(state, columns).slice(-Math.max(1, rows - 1)),
    awaitedSpans(state),
    ...(state.instances.size > 0 ? [totalSpans(state)] : []),
    ...costLines(state, now),
  ];
  // Without room for a head, a row and a line for the rest, the totals alone tell most.
  const room = rows - header.length - 1;
  const lines = header.slice(0, rows);
  if (state.instances.size > 0 && room >= 2 && !state.rowsHidden) {
    const { shown, rest } = select([...state.instances.values()], room);
    lines.push(...instanceTable(shown, columns), ...(rest === undefined ? [] : [[span(rest, 'dim')]]));
  }
  if (hasKeys && lines.length < rows - 1)
    lines.push([span(keyHints.find((hint) => displayWidth(hint) <= columns) ?? '', 'dim')]);
  // Apart from what has scrolled by, where there is room for that.
  if (lines.length < rows) lines.unshift([]);
  return lines.map((spans) => line(spans, columns, stylize));
}

function questionLines({ question }: LiveRun, columns: number): Span[][] {
  return question === undefined ? [] : wrap(`${question} [y/N]`, columns).map((text) => [span(text, 'bold')]);
}

/** What is left of T, or by how much it is over: `0:53 to T`, `1:02:03 to T`, `T + 0:04`. */
export function countdown({ timeLimit, clock }: LiveRun, now: number): string {
  const elapsed = clock.elapsed + Math.max(0, now - clock.at) / 1000;
  const left = Math.ceil(timeLimit - elapsed);
  return left >= 0 ? `${minutes(left)} to T` : `T + ${minutes(-left)}`;
}

/** The rate comes first: it is what a narrow terminal still shows. */
function totalSpans(state: LiveRun): Span[] {
  const { tested, probability, instances } = state;
  let speed = 0;
  for (const { rate } of instances.values()) speed += rate;
  const isSearching = isBefore(state, 'stop') && speed > 0;
  const { share, remaining } = forecast(state, speed);
  const spans = [
    ...(isSearching ? [span(rate(speed), 'cyan')] : []),
    span(`${plural(BigInt(tested), 'nonce')}${share === undefined ? '' : `, ${percent(share)} of space`}`),
    span(`odds ${percent(probability)}`),
    ...(isSearching && remaining !== undefined ? [span(`ETA ${duration(remaining)}`)] : []),
  ];
  return spans.flatMap((one, index) => (index === 0 ? [one] : [span(' · ', 'dim'), one]));
}

/** What the instances have cost until now, at most; nothing where they cost nothing. */
function costLines({ cost, launchedAt, instances, asked }: LiveRun, now: number): Span[][] {
  if (cost === undefined || launchedAt === undefined) return [];
  const { price, most } = cost;
  if (!price) return [[span('cost so far unknown', 'yellow')]];
  const ends = Array.from(instances.values(), ({ terminatedAt }) => terminatedAt ?? now);
  // Until the launch has answered there may be as many as were asked for.
  const all = ends.length > 0 ? ends : Array.from({ length: asked }, () => now);
  const amount = costOf(
    price,
    all.map((end) => (end - launchedAt) / 1000),
  );
  const limit = most === undefined ? '' : `, limit $${dollars(most)}`;
  return [[span(`cost so far ${costWords(Math.min(most ?? Infinity, amount))}${limit}`)]];
}

/** One text at the left and one at the right; when both do not fit, the one at the right comes first. */
function aside(left: readonly Span[], right: Span, columns: number): Span[] {
  const gap = columns - spansWidth(left) - spansWidth([right]);
  return gap >= 2 ? [...left, span(' '.repeat(gap)), right] : [right, span('  '), ...left];
}

function minutes(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, rest] = [Math.floor(seconds / 3600), seconds % 3600];
  const clock = `${Math.floor(rest / 60)}:${two(rest % 60)}`;
  return hours > 0 ? `${hours}:${clock.padStart(5, '0')}` : clock;
}
