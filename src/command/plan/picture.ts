import type { Estimate } from '../../plan/estimate.ts';
import { curve } from '../../plan/estimate.ts';
import type { Goal } from '../../plan/option.ts';
import { duration, percent } from '../../quantity.ts';
import { pad } from '../../text.ts';

const lines = 10;
const width = 40;

/** The probability of success against time, a line a moment. Pure. */
export function picture(goal: Goal, planned: Estimate): string {
  const points = curve(goal, planned, lines);
  const times = points.map(({ seconds }) => duration(seconds));
  const widest = Math.max(...times.map((time) => time.length));
  return points
    .map(({ chance }, index) => {
      const bar = '#'.repeat(Math.round(chance * width));
      return `${pad(times[index] ?? '', widest, 'start')} |${pad(bar, width, 'end')}| ${percent(chance)}\n`;
    })
    .join('');
}
