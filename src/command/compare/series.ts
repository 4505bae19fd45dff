import {
  type SeriesRecord,
  type SeriesRun,
  isComplete,
  remainingSteps,
  spentOn,
  stepText,
} from '../../compare/series.ts';
import { systemClock } from '../../clock.ts';
import { UsageError } from '../../error.ts';
import { dollars, plural } from '../../quantity.ts';
import { Interrupts } from '../../run/interrupt.ts';
import type { RunId } from '../../run-id.ts';
import { takeScramNote } from '../../state/run-state.ts';
import { SeriesView } from '../../view/compare/series-view.ts';
import { Output } from '../../view/output.ts';
import type { SeriesPart } from '../start/series-part.ts';
import { startRun } from '../start/start.ts';
import { interruptOnSignals } from '../start/run-signal.ts';
import type { Arguments } from '../command.ts';
import { stepFlags } from './axis.ts';
import type { Prospect } from './prospect.ts';
import type { SeriesStore } from './store.ts';

/** How a series came to its end, or to a stop. */
export interface MadeSeries {
  readonly record: SeriesRecord;
  /** 0: all its runs are complete; that of the run that stopped it otherwise. */
  readonly exitCode: number;
}

/** Of a series that stopped for no reason that is known. */
const exitCodeOfStop = 1;

/** What a series is made with. */
export interface SeriesMaking {
  readonly store: SeriesStore;
  readonly prospect: Prospect;
  readonly given: Arguments;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes the runs that a series still lacks, one after the other, each within a T of its own. A run that fails, is interrupted
 * or cannot be cleaned up ends the series; what was done is kept, so that it can be resumed. A signal ends run and series.
 * @throws what `startRun` throws.
 */
export async function makeSeries(begun: SeriesRecord, making: SeriesMaking): Promise<MadeSeries> {
  const { store, env } = making;
  let record = begun;
  const change = async (runs: readonly SeriesRun[]): Promise<void> => {
    record = { ...record, runs: [...runs] };
    await store.save(record);
  };
  const interrupts = new Interrupts();
  let current: { readonly interrupts: Interrupts; run?: RunId } | undefined;
  interrupts.onRaise((interruption) => current?.interrupts.raise(interruption));
  interruptOnSignals(interrupts, async () => current?.run && takeScramNote(current.run, env));
  const exitCodes: number[] = [];
  try {
    for (const step of remainingSteps(record)) {
      if (interrupts.cause) break;
      const own: { readonly interrupts: Interrupts; run?: RunId } = { interrupts: new Interrupts() };
      current = own;
      const { exitCode, cost } = await makeRun(record, step, making, own.interrupts, async (run) => {
        own.run = run;
        await change([...record.runs, { step, run }]);
      });
      // Between two runs a signal has nothing to end but the series.
      current = undefined;
      exitCodes.push(exitCode);
      await change(
        record.runs.map((one) =>
          one.run === own.run ? { ...one, exitCode, ...(cost !== undefined && { cost }) } : one,
        ),
      );
      if (!isComplete(exitCode)) break;
    }
  } catch (error) {
    tellStop(record);
    throw error;
  }
  if (remainingSteps(record).length === 0) return { record, exitCode: Math.max(0, ...exitCodes) };
  tellStop(record);
  const stopped = interrupts.cause?.exitCode ?? exitCodes.find((code) => !isComplete(code));
  return { record, exitCode: stopped ?? exitCodeOfStop };
}

/** Makes one run; gives its exit code, and what it cost at most. */
async function makeRun(
  record: SeriesRecord,
  index: number,
  { prospect, given }: SeriesMaking,
  interrupts: Interrupts,
  onRun: SeriesPart['onRun'],
): Promise<{ readonly exitCode: number; readonly cost: number | undefined }> {
  const step = record.steps[index];
  if (!step) throw new TypeError(`the series has no step ${index}`);
  const { maxCost } = prospect.config;
  const spent = spentOn(record.runs);
  const bound = prospect.bounds.get(stepText(step)) ?? 0;
  if (maxCost !== undefined && bound + spent > maxCost)
    throw new UsageError(
      'cost-too-high',
      `the next run (${stepText(step)}) may cost $${dollars(bound)}, and $${dollars(spent)} of the $${dollars(maxCost)} of --max-cost were spent`,
      { about: 'max-cost', hint: 'give more with --resume and --max-cost' },
    );
  const name = `run ${index + 1} of ${record.steps.length}: ${stepText(step)}`;
  const view = new SeriesView(new Output(process.stderr), name, given['verbose'] === true);
  const flags = {
    ...stepFlags(record.flags, step),
    // The user has agreed to the series; what is left of its budget still bounds each run.
    yes: true,
    verbose: given['verbose'] === true,
    // Rounded up: the bound of a run may be all that is left.
    ...(maxCost !== undefined && { 'max-cost': (Math.ceil((maxCost - spent) * 1e6) / 1e6).toFixed(6) }),
  };
  const exitCode = await startRun(flags, {
    part: {
      series: record.series,
      start: { monotonic: systemClock.monotonic(), wall: systemClock.wall() },
      interrupts,
      view,
      onRun,
    },
  });
  // Where it was stopped before it told anything, nothing was launched.
  return { exitCode, cost: view.ended ? (view.ended.cost ?? bound) : undefined };
}

function tellStop(record: SeriesRecord): void {
  const { steps, series } = record;
  const done = steps.length - remainingSteps(record).length;
  process.stderr.write(
    `cnd: series ${series} stopped after ${done} of ${plural(steps.length, 'run')}; continue it with: cnd compare --resume ${series}\n`,
  );
}
