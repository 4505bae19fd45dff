import { phaseNames } from '../../event/outcome.ts';
import { duration } from '../../quantity.ts';
import { phaseName } from '../phase-name.ts';
import { type Span, span } from './span.ts';
import type { LivePhase, LiveRun } from './state.ts';

/** The phases that are shown, in their order. */
export const livePhases = phaseNames.filter((name) => name !== 'plan');

const order: readonly LiveRun['phase'][] = ['ready', ...livePhases, 'ended'];

/** Whether a run has not come to this phase yet. */
export function isBefore({ phase }: LiveRun, other: LiveRun['phase']): boolean {
  return order.indexOf(phase) < order.indexOf(other);
}

/** The state once a phase has begun, at `time` in milliseconds since the epoch; no phase begins twice. Pure. */
export function enter(state: LiveRun, phase: LiveRun['phase'], time: number): LiveRun {
  if (!isBefore(state, phase)) return state;
  const seconds = Math.max(0, time - state.since) / 1000;
  const past = isPhase(state.phase) ? [...state.past, { name: state.phase, seconds }] : state.past;
  return { ...state, phase, since: time, past };
}

/** All phases in one line: those that are over (with `timed`, how long they took), the current one, those to come. Pure. */
export function phaseSpans(state: LiveRun, now: number, timed: boolean): Span[] {
  const spans = livePhases.flatMap((name): Span[] => {
    const shown = phaseName(name, state.released);
    const past = state.past.find((one) => one.name === name);
    if (past) return [span(`${shown} ${timed ? short(past.seconds) : '✓'}`, 'dim')];
    if (name === state.phase) return [span(`${shown} ${short((now - state.since) / 1000)}`, 'bold')];
    // Only runs with a bucket come to it.
    return isBefore(state, name) && name !== 'archive' ? [span(shown, 'dim')] : [];
  });
  return spans.flatMap((one, index) => (index === 0 ? [one] : [span(' › ', 'dim'), one]));
}

/** A tenth of a second is enough here, and the line stays as wide as it is. */
function short(seconds: number): string {
  return seconds < 99.95 ? `${Math.max(0, seconds).toFixed(1)} s` : duration(seconds);
}

function isPhase(phase: LiveRun['phase']): phase is LivePhase {
  return phase !== 'ready' && phase !== 'ended';
}
