import { availableParallelism } from 'node:os';
import type { Archive } from '../../archive/archive.ts';
import { makeArchive } from '../../archive/registry.ts';
import { parseRetention } from '../../archive/keep.ts';
import { type SeriesRecord, type SeriesStep, stepText } from '../../compare/series.ts';
import type { RunConfig } from '../../config/config.ts';
import { UsageError } from '../../error.ts';
import { type Preflight, requirePassed } from '../../fleet/preflight.ts';
import type { KernelChoice } from '../../kernel/choice.ts';
import { dollars, plural } from '../../quantity.ts';
import { checkLocally, required } from '../start/check.ts';
import { checkLaunch } from '../start/launch-check.ts';
import { canAsk, canConfirm } from '../start/consent.ts';
import type { Arguments } from '../command.ts';
import { askYes } from '../question.ts';
import { text } from '../logs/logs.ts';
import { stepFlags } from './axis.ts';

/** What is known of a series before any of its runs is made. */
export interface Prospect {
  /** Of its first run: what does not differ between them holds for all. */
  readonly config: RunConfig;
  readonly archive: Archive;
  /** US dollars that each step costs at most, by its words; undefined where that is not known. */
  readonly bounds: ReadonlyMap<string, number | undefined>;
  /** What the user is to agree to, besides the sum. */
  readonly kernels: readonly KernelChoice[];
  /** What the user is told. */
  readonly warnings: readonly string[];
}

/** The settings of a step. @throws UsageError for the first check of this machine that fails. */
export async function stepConfig(
  flags: SeriesRecord['flags'],
  step: SeriesStep,
  env: NodeJS.ProcessEnv,
): Promise<ReturnType<typeof required>> {
  const path = text(flags['config']);
  return required(await checkLocally({ flags: stepFlags(flags, step), env, path }));
}

/**
 * Judges every run that is to be made as a start would, and asks fleet and archive once for each kind of launch: a series does
 * not fail at its last run for what could be known before the first. @throws UsageError with nothing launched.
 */
export async function lookAhead(
  flags: SeriesRecord['flags'],
  steps: readonly SeriesStep[],
  given: Arguments,
  env: NodeJS.ProcessEnv,
): Promise<Prospect> {
  const { signal } = new AbortController();
  const launches = new Map<string, Awaited<ReturnType<typeof checkLaunch>>>();
  const bounds = new Map<string, number | undefined>();
  const warnings = new Set<string>();
  let first: { readonly config: RunConfig; readonly archive: Archive } | undefined;
  for (const step of steps) {
    if (bounds.has(stepText(step))) continue;
    const { config, fleet } = await stepConfig(flags, step, env);
    first ??= { config, archive: await makeArchive(config.logs, config.aws, env) };
    const { N, type, kernel } = step;
    const kind = JSON.stringify([N, type, kernel]);
    const launch =
      launches.get(kind) ?? (await checkLaunch(fleet, first.archive, config, canConfirm(given, env), signal));
    requirePassed(launch.checks);
    launches.set(kind, launch);
    bounds.set(stepText(step), boundOf(launch.preflight));
    for (const { message } of launch.warnings ?? []) warnings.add(message);
    const cores = availableParallelism();
    if (fleet.isThisMachine === true && config.instances > cores)
      warnings.add(
        `N ${N} is more than the ${plural(cores, 'core')} of this machine: its instances share them, so the speed-up ends there`,
      );
  }
  if (!first) throw new TypeError('a series has a step');
  const retention = parseRetention(first.config.logs.keep ?? '');
  if (retention && 'runs' in retention && retention.runs < steps.length)
    warnings.add(
      `logs.keep keeps ${plural(retention.runs, 'run')}: the first of these ${steps.length} are deleted before they can be compared`,
    );
  return {
    ...first,
    bounds,
    kernels: [...launches.values()].map(({ kernel }) => kernel),
    warnings: [...warnings],
  };
}

/** Where nothing costs anything, that is known. */
function boundOf(preflight: Preflight | undefined): number | undefined {
  return !preflight || preflight.free === true ? 0 : preflight.cost;
}

/** US dollars that all these steps cost at most; undefined where one of them is not known. Pure. */
export function boundOfAll(
  { bounds }: Pick<Prospect, 'bounds'>,
  steps: readonly SeriesStep[],
): number | undefined {
  return steps.reduce<number | undefined>((sum, step) => {
    const bound = bounds.get(stepText(step));
    return sum === undefined || bound === undefined ? undefined : sum + bound;
  }, 0);
}

/**
 * Holds the sum against the budget of the series, and asks once where a single run would be asked about.
 * @throws UsageError with nothing launched.
 */
export async function agree(
  prospect: Prospect,
  steps: readonly SeriesStep[],
  spent: number,
  given: Arguments,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { maxCost, confirmAbove } = prospect.config;
  const bound = boundOfAll(prospect, steps);
  if (maxCost !== undefined && bound !== undefined && bound + spent > maxCost)
    throw new UsageError(
      'cost-too-high',
      `the ${plural(steps.length, 'run')} may cost $${dollars(bound)} together${spentText(spent)}, more than the $${dollars(maxCost)} of --max-cost for all of them`,
      { about: 'max-cost', hint: 'fewer --repeats, a smaller --N or a shorter --T cost less' },
    );
  const reasons = seriesConcerns(bound, steps.length, confirmAbove, prospect.kernels);
  if (reasons.length === 0 || given['yes'] === true || !canAsk(env)) return;
  if (await askYes(`${reasons.join(' ')} Make ${plural(steps.length, 'run')}?`)) return;
  throw new UsageError('not-confirmed', 'the series was declined: nothing was launched', {
    about: 'confirmAbove',
    hint: 'give --yes to launch without being asked, or raise --confirm-above; --max-cost bounds the cost',
  });
}

/** What was spent before, for messages. */
function spentText(spent: number): string {
  return spent > 0 ? `, after $${dollars(spent)} that were spent` : '';
}

/** What a user who pays is asked about before a series. Pure. */
export function seriesConcerns(
  bound: number | undefined,
  runs: number,
  confirmAbove: number,
  kernels: readonly KernelChoice[],
): string[] {
  if (bound === 0) return [];
  const missing = kernels.find(({ isMissing, warning }) => isMissing && warning);
  return [
    ...(bound === undefined ? [`What ${plural(runs, 'run')} may cost is unknown.`] : []),
    ...(bound !== undefined && bound > confirmAbove
      ? [
          `The ${plural(runs, 'run')} may cost $${dollars(bound)} together, more than the $${dollars(confirmAbove)} of confirmAbove.`,
        ]
      : []),
    ...(missing?.warning ? [`${missing.warning.message}.`] : []),
  ];
}
