import type { Archive } from '../../archive/archive.ts';
import { logsWarning } from '../../archive/directory-probe.ts';
import type { RunConfig } from '../../config/config.ts';
import { check } from '../../fleet/check.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { type Check, type Preflight, costCheck } from '../../fleet/preflight.ts';
import { type KernelChoice, chooseKernel } from '../../kernel/choice.ts';
import type { RunInputs } from '../../run/context.ts';
import { overdueWarnings } from '../../run/plan/overdue.ts';

/** What a launch would meet with, and what the run is told of beforehand. */
export interface LaunchChecks extends Pick<RunInputs, 'kernel' | 'warnings'> {
  readonly checks: readonly Check[];
  readonly preflight?: Preflight | undefined;
}

/**
 * Checks what the fleet and the archive say before anything costs money.
 * @param canConfirm Whether the user has agreed beforehand, or can be asked.
 * @param detached The run is to have no controller.
 */
export async function checkLaunch(
  fleet: Fleet,
  archive: Archive,
  config: RunConfig,
  canConfirm: boolean,
  signal: AbortSignal,
  detached = false,
): Promise<LaunchChecks> {
  const { instances: count, minimum, timeLimit, maxCost, replace } = config;
  const preflighting = Promise.resolve(
    fleet.preflight?.({ count, minimum, timeLimit, replacements: replace ? count : 0, detached }, signal),
  );
  const [preflight, kernel, warnings, logs] = await Promise.all([
    preflighting,
    fleet.isThisMachine
      ? chooseKernel(config, { isThisMachine: true, threads: fleet.threads?.(count) }, undefined, signal)
      : preflighting.then((preflight) => chooseKernel(config, {}, preflight?.platform, signal)),
    overdueWarnings(fleet),
    check(
      'logs',
      signal,
      () => archive.probe(signal),
      () => `can be stored in ${archive.location()}`,
    ),
  ]);
  const cost = preflight && preflight.free !== true ? costCheck(preflight, maxCost) : undefined;
  const missing = kernelCheck(config, kernel, canConfirm);
  // In this order: without credentials there is neither a price nor a bucket.
  const checks = [
    ...(preflight?.checks ?? []),
    ...[cost, missing].filter((one) => one !== undefined),
    logs.check,
  ];
  const shared = await logsWarning(config.logs.directory);
  const all = shared === undefined ? warnings : [...warnings, { message: shared }];
  return { checks, preflight, kernel, warnings: all };
}

/** Nobody is to pay for instances that are slow because a kernel was not built here, unless that is what is wanted. */
function kernelCheck(
  { fleetKind }: RunConfig,
  { isMissing, warning }: KernelChoice,
  canConfirm: boolean,
): Check | undefined {
  if (!fleetKind.isPaid || !isMissing || !warning) return undefined;
  const hint = `${warning.hint}; or give --kernel python, or --yes`;
  return { name: 'kernel', outcome: canConfirm ? 'warning' : 'failed', message: warning.message, hint };
}
