import { type SeriesRecord, type SeriesStep, remainingSteps, stepText } from '../../compare/series.ts';
import { dollars, plural } from '../../quantity.ts';
import { table } from '../../view/table.ts';
import { type Prospect, boundOfAll } from './prospect.ts';

/** What a series would do, for people. Pure. */
export function dryRunText(prospect: Prospect, record: SeriesRecord): string {
  const runs = runsToMake(prospect, record);
  const rows = runs.map(({ run, step, bound }) => [String(run), stepText(step), boundText(bound)]);
  return `${table([['RUN', 'SETTINGS', 'COST AT MOST'], ...rows])}${plural(runs.length, 'run')}, at most ${prospect.config.timeLimit} s each, at most ${boundText(sumOf(prospect, runs))} together\n`;
}

/** The same as JSON; costs are US dollars, null where they are unknown. Pure. */
export function dryRunJson(prospect: Prospect, record: SeriesRecord): string {
  const runs = runsToMake(prospect, record);
  const plan = {
    timeLimit: prospect.config.timeLimit,
    costLimit: sumOf(prospect, runs) ?? null,
    runs: runs.map(({ run, step, bound }) => ({ run, ...step, costLimit: bound ?? null })),
  };
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}

interface RunToMake {
  /** Its number in the series, from 1. */
  readonly run: number;
  readonly step: SeriesStep;
  /** US dollars at most. */
  readonly bound: number | undefined;
}

function runsToMake({ bounds }: Prospect, record: SeriesRecord): RunToMake[] {
  return remainingSteps(record).flatMap((index) => {
    const step = record.steps[index];
    return step ? [{ run: index + 1, step, bound: bounds.get(stepText(step)) }] : [];
  });
}

function sumOf(prospect: Prospect, runs: readonly RunToMake[]): number | undefined {
  return boundOfAll(
    prospect,
    runs.map(({ step }) => step),
  );
}

function boundText(bound: number | undefined): string {
  if (bound === undefined) return 'unknown';
  return bound === 0 ? '$0' : `$${dollars(bound)}`;
}
