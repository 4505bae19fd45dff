import { duration, percent, plural, rate } from '../../quantity.ts';
import { forecast } from './forecast.ts';
import type { LiveRun } from './state.ts';

/** What the keys do, for the key `h`; `isViewer`: who leaves ends nothing. Pure. */
export function helpLine(isViewer: boolean): string {
  const quit = isViewer ? 'q or Ctrl-C leaves the view' : 'q or Ctrl-C stops the run (twice: at once)';
  return `keys: s prints a status line, i shows or hides the instances, ${quit}, Ctrl-Z suspends, h shows this; ETA is when the whole space is searched`;
}

/** A line that stays, for the key `s`. Pure. */
export function statusLine(state: LiveRun, now: number): string {
  const instances = [...state.instances.values()];
  const searching = instances.filter(({ stage }) => stage === 'searching').length;
  const speed = instances.reduce((sum, one) => sum + one.rate, 0);
  const { share, remaining } = forecast(state, speed);
  return [
    `${searching} of ${instances.length || state.asked} searching`,
    rate(speed),
    `${plural(BigInt(state.tested), 'nonce')} tested`,
    ...(share === undefined ? [] : [`${percent(share)} of the space`]),
    `odds ${percent(state.probability)}`,
    ...(remaining === undefined ? [] : [`ETA ${duration(remaining)}`]),
    `${duration(Math.max(0, (now - state.clock.at) / 1000 + state.clock.elapsed))} of ${duration(state.timeLimit)}`,
  ].join(', ');
}
