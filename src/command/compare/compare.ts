import { resolve } from 'node:path';
import {
  type SeriesRecord,
  comparableRuns,
  remainingSteps,
  seriesSteps,
  spentOn,
} from '../../compare/series.ts';
import { resolveLogs } from '../../config/logs.ts';
import { UsageError } from '../../error.ts';
import { plural } from '../../quantity.ts';
import { newRunId } from '../../run-id.ts';
import type { Arguments } from '../command.ts';
import { openArchive, text } from '../logs/logs.ts';
import { axesOf, commonFlags, inFlagsOfSeries, listFlag, refuseSeriesFlags, repeatsOf } from './axis.ts';
import { requireUnchanged, settingsText, settledRuns } from './continued.ts';
import { dryRunJson, dryRunText } from './dry-run.ts';
import { type ComparisonOutput, comparisonOutput, requireWritable, writeComparison } from './output.ts';
import { agree, lookAhead, stepConfig } from './prospect.ts';
import { compareArchived, runsNamed, runsOfSeries } from './read.ts';
import { makeSeries } from './series.ts';
import { SeriesStore } from './store.ts';

/** `cnd compare`: makes a series of runs, or goes on with one, or reads runs of the archive, and compares them; gives the exit code. */
export async function compare(given: Arguments): Promise<number> {
  const output = comparisonOutput(given);
  const modes = ['runs', 'series', 'resume'].filter((name) => given[name] !== undefined);
  const [mode, other] = modes;
  if (other !== undefined)
    throw new UsageError('bad-flag', `--${mode} and --${other}: only one of them can be compared`, {
      about: other,
      hint: 'omit one of them',
    });
  await requireWritable(output);
  if (mode === 'runs') return compareNamed(given, output);
  if (mode === 'series') return compareSeries(given, output);
  try {
    return await (mode === 'resume' ? resumeSeries(given, output) : newSeries(given, output));
  } catch (error) {
    throw inFlagsOfSeries(error);
  }
}

/** Runs by their names, in this order; the beginning of ids takes in all runs that begin so, the oldest first. */
async function compareNamed(given: Arguments, output: ComparisonOutput): Promise<number> {
  refuseSeriesFlags(given, 'runs', []);
  const archive = await openArchive(given);
  const runs: string[] = [];
  for (const name of listFlag(given, 'runs', 'last,20261120') ?? [])
    runs.push(...(await runsNamed(archive, name)));
  await writeComparison(await compareArchived(archive, [...new Set(runs)]), output);
  return 0;
}

/** The runs of a series that were made, whether it is complete or not. */
async function compareSeries(given: Arguments, output: ComparisonOutput): Promise<number> {
  refuseSeriesFlags(given, 'series', []);
  const archive = await openArchive(given);
  const store = await storeOf(given);
  const series = await store.resolve(text(given['series']) ?? '');
  const record = await store.load(series);
  const runs = record ? comparableRuns(record) : await runsOfSeries(archive, series);
  await writeComparison(await compareArchived(archive, runs, series), output);
  return 0;
}

async function resumeSeries(given: Arguments, output: ComparisonOutput): Promise<number> {
  refuseSeriesFlags(given, 'resume', ['max-cost', 'confirm-above', 'yes', 'dry-run']);
  const { env } = process;
  const store = await storeOf(given);
  const series = await store.resolve(text(given['resume']) ?? '');
  const kept = await store.load(series);
  if (!kept)
    throw new UsageError('unknown-series', `there is no record of series ${series} on this machine`, {
      about: 'resume',
      hint: `compare what was made of it with: cnd compare --series ${series}`,
    });
  const budget = ['max-cost', 'confirm-above'].flatMap((name) => {
    const value = given[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  const record = { ...kept, flags: { ...kept.flags, ...Object.fromEntries(budget) } };
  const [first] = record.steps;
  if (first) requireUnchanged(record, (await stepConfig(record.flags, first, env)).config);
  const archive = await openArchive(given);
  const runs = await settledRuns(record, archive, env);
  return make({ ...record, runs }, store, given, output);
}

async function newSeries(given: Arguments, output: ComparisonOutput): Promise<number> {
  const { env } = process;
  const axes = axesOf(given);
  const repeats = repeatsOf(given);
  const { config: path, ...common } = commonFlags(given);
  const flags = { ...common, ...(typeof path === 'string' && { config: resolve(path) }) };
  if (!axes.N)
    throw new UsageError('bad-flag', '--N is missing: the numbers of instances to compare', {
      about: 'N',
      hint: 'for example --N 1,2,4,8',
    });
  const steps = seriesSteps({ ...axes, N: axes.N }, repeats);
  const [first] = steps;
  if (!first) throw new TypeError('a series has a step');
  const { config } = await stepConfig(flags, first, env);
  const equal = { ...flags, ...threadsOf(config) };
  const settings = settingsText((await stepConfig(equal, first, env)).config);
  const now = new Date();
  const record: SeriesRecord = {
    version: 1,
    series: newRunId(now),
    startedAt: now.toISOString(),
    flags: equal,
    settings,
    steps,
    runs: [],
  };
  return make(record, new SeriesStore(config.logs.directory), given, output);
}

/** Local instances would have ever fewer threads the more there are: one each, unless somebody says how many. */
function threadsOf({ fleet, fleetConfig }: { fleet: string; fleetConfig: unknown }): Record<string, string> {
  const { threads }: { threads?: unknown } = Object(fleetConfig);
  return fleet === 'local' && threads === undefined ? { threads: '1' } : {};
}

/** Makes what a series lacks, and compares all of it. */
async function make(
  record: SeriesRecord,
  store: SeriesStore,
  given: Arguments,
  output: ComparisonOutput,
): Promise<number> {
  const { env } = process;
  const steps = remainingSteps(record).flatMap((index) => record.steps[index] ?? []);
  if (steps.length === 0) {
    await store.save(record);
    const runs = comparableRuns(record);
    await writeComparison(await compareArchived(await openArchive(given), runs, record.series), output);
    return 0;
  }
  const prospect = await lookAhead(record.flags, steps, given, env);
  for (const warning of prospect.warnings) process.stderr.write(`cnd: warning: ${warning}\n`);
  if (given['dry-run'] === true) {
    process.stdout.write(
      output.format === 'json' ? dryRunJson(prospect, record) : dryRunText(prospect, record),
    );
    return 0;
  }
  await agree(prospect, steps, spentOn(record.runs), given, env);
  await store.save(record);
  process.stderr.write(
    `series ${record.series}: ${plural(steps.length, 'run')}; should it be interrupted: cnd compare --resume ${record.series}\n`,
  );
  const made = await makeSeries(record, { store, prospect, given, env });
  if (made.exitCode > 128) return made.exitCode;
  const runs = comparableRuns(made.record);
  await writeComparison(await compareArchived(prospect.archive, runs, record.series), output, true);
  return made.exitCode;
}

/** Where the configuration keeps series. */
async function storeOf(given: Arguments): Promise<SeriesStore> {
  const { logs } = await resolveLogs(typeof given['config'] === 'string' ? given['config'] : undefined);
  return new SeriesStore(logs.directory);
}
