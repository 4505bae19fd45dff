import { z } from 'zod';
import { type RunId, isRunId } from '../run-id.ts';

/** What is varied in a series, each with its values as they are typed; absent: it is as the settings have it. */
export interface SeriesAxes {
  readonly N: readonly string[];
  readonly types?: readonly string[] | undefined;
  readonly D?: readonly string[] | undefined;
  readonly kernels?: readonly string[] | undefined;
}

/** One run of a series: what differs from the others. */
const seriesStep = z.object({
  N: z.string(),
  type: z.string().optional(),
  D: z.string().optional(),
  kernel: z.string().optional(),
});
export type SeriesStep = Readonly<z.output<typeof seriesStep>>;

const runId = z.string().refine((text): text is RunId => isRunId(text));

/** A run that was begun for a step; without an exit code its controller has not come back from it. */
const seriesRun = z.object({
  step: z.int().nonnegative(),
  run: runId,
  exitCode: z.int().optional(),
  /** US dollars at most. */
  cost: z.number().nonnegative().optional(),
});
export type SeriesRun = Readonly<z.output<typeof seriesRun>>;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What is kept of a series, so that another process can go on with it. */
const seriesRecord = z.object({
  version: z.literal(1),
  series: runId,
  startedAt: z.iso.datetime(),
  /** Flags that all runs have, as they were typed. */
  flags: z.record(z.string(), z.union([z.string(), z.boolean()])),
  /** The settings that came of them, to tell whether they still do. */
  settings: z.string().refine(isJson),
  steps: z.array(seriesStep).min(1).max(10_000),
  runs: z.array(seriesRun).max(100_000),
});
export type SeriesRecord = Readonly<z.output<typeof seriesRecord>>;

/** Reads the record of a series; undefined for text that is none. Pure. */
export function parseSeries(text: string): SeriesRecord | undefined {
  try {
    return seriesRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Every combination, `repeats` times: once all of them, then all of them again, so that what drifts with time (a warm machine,
 * a busy network) touches all alike. Pure.
 */
export function seriesSteps({ N, types, D, kernels }: SeriesAxes, repeats: number): SeriesStep[] {
  const once = (types ?? [undefined]).flatMap((type) =>
    (kernels ?? [undefined]).flatMap((kernel) =>
      (D ?? [undefined]).flatMap((difficulty) =>
        N.map((instances): SeriesStep => ({
          N: instances,
          ...(type !== undefined && { type }),
          ...(difficulty !== undefined && { D: difficulty }),
          ...(kernel !== undefined && { kernel }),
        })),
      ),
    ),
  );
  return Array.from({ length: repeats }, () => once).flat();
}

/** Exit codes of runs that have told their result: found, or none found. */
const complete = new Set([0, 3]);

/** Whether a run of a series need not be made again. Pure. */
export function isComplete(exitCode: number | undefined): boolean {
  return exitCode !== undefined && complete.has(exitCode);
}

/** The steps that have no complete run yet, by their index. Pure. */
export function remainingSteps({ steps, runs }: Pick<SeriesRecord, 'steps' | 'runs'>): number[] {
  const done = new Set(runs.filter(({ exitCode }) => isComplete(exitCode)).map(({ step }) => step));
  return steps.flatMap((_, index) => (done.has(index) ? [] : [index]));
}

/** The runs that tell of a series: of each step those that are complete, else all that were begun. Pure. */
export function comparableRuns(record: Pick<SeriesRecord, 'steps' | 'runs'>): string[] {
  const lacking = new Set(remainingSteps(record));
  return record.runs
    .filter(({ step, exitCode }) => isComplete(exitCode) || lacking.has(step))
    .map(({ run }) => run);
}

/** A step in words: `N 4, c7a.large, D 6`. Pure. */
export function stepText({ N, type, D, kernel }: SeriesStep): string {
  return [
    `N ${N}`,
    ...(type === undefined ? [] : [type]),
    ...(D === undefined ? [] : [`D ${D}`]),
    ...(kernel === undefined ? [] : [`kernel ${kernel}`]),
  ].join(', ');
}

/** US dollars that the runs of a series have cost at most so far. Pure. */
export function spentOn(runs: readonly SeriesRun[]): number {
  return runs.reduce((sum, { cost = 0 }) => sum + cost, 0);
}
