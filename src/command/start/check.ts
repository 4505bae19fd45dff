import type { Archive } from '../../archive/archive.ts';
import { logsWarning } from '../../archive/directory-probe.ts';
import { type ConfigSources, type RunConfig, validateTimeLimit, resolveConfig } from '../../config/config.ts';
import { readConfigFile } from '../../config/file.ts';
import { check } from '../../fleet/check.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { type Check, type Preflight, costCheck, requirePassed } from '../../fleet/preflight.ts';
import { type KernelChoice, chooseKernel } from '../../kernel/choice.ts';
import { plural } from '../../quantity.ts';
import { requireDetaching } from '../../run/detached/launch.ts';
import { judgeIdle } from '../../run/plan/idle.ts';
import { overdueWarnings } from '../../run/plan/overdue.ts';
import type { RunInputs } from '../../run/context.ts';
import { probeState } from '../../state/state-probe.ts';

// The one list of what a run needs. `start` stops at the first check that fails, `doctor` shows all of them: what one of
// them judges, the other does.

/** What a run is made of, as far as this machine alone can tell. */
export interface LocalChecks {
  readonly checks: readonly Check[];
  readonly config?: RunConfig;
  readonly fleet?: Fleet;
}

/** Checks what needs nobody's answer: the configuration, T, this machine. */
export async function checkLocally({
  path,
  ...sources
}: Omit<ConfigSources, 'file'> & { readonly path: string | undefined }): Promise<LocalChecks> {
  const { signal } = new AbortController();
  const { env } = sources;
  // bin/cnd.js lets no other version come this far.
  const node: Check = { name: 'node', outcome: 'ok', message: process.versions.node };
  const configuration = await check(
    'configuration',
    signal,
    async () => resolveConfig({ ...sources, file: await readConfigFile(path) }),
    () => 'complete',
  );
  const config = configuration.value;
  if (!config) return { checks: [node, configuration.check] };
  const fleet = await check(
    'fleet',
    signal,
    async () => config.fleetKind.open(config.fleetConfig, env),
    fleetText,
  );
  const state = await check('state directory', signal, () => probeState(env), String);
  const idle = await check(
    'N',
    signal,
    async () => judgeIdle(config),
    () => plural(config.instances, 'instance'),
  );
  const checks = [node, configuration.check, fleet.check, state.check, idle.check];
  const opened = fleet.value;
  if (!opened) return { checks, config };
  if (sources.flags['detach'] === true) {
    const judge = async () => requireDetaching(config, opened, sources.flags['web'] === true);
    checks.push((await check('detach', signal, judge, () => 'this run needs no controller')).check);
  }
  const { timing } = opened;
  const timeLimit = await check(
    'T',
    signal,
    async () => validateTimeLimit(config.timeLimit, timing),
    () => `${config.timeLimit} s, of which ${timing.reserve} s are reserved for teardown`,
  );
  return { checks: [...checks, timeLimit.check], config, fleet: opened };
}

/** What must be there for a start to go on. @throws UsageError for the first check that failed. */
export function required({ checks, config, fleet }: LocalChecks): { config: RunConfig; fleet: Fleet } {
  requirePassed(checks);
  if (config && fleet) return { config, fleet };
  throw new Error('a configuration without failed checks is complete');
}

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
      ? chooseKernel(config, fleet, undefined, signal)
      : preflighting.then((preflight) => chooseKernel(config, fleet, preflight?.platform, signal)),
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

function fleetText({ name, where = '' }: Fleet): string {
  return where === '' ? name : `${name} in ${where}`;
}
