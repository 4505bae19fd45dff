import { type ConfigSources, type RunConfig, validateTimeLimit, resolveConfig } from '../../config/config.ts';
import { readConfigFile } from '../../config/file.ts';
import { check } from '../../fleet/check.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { type Check, requirePassed } from '../../fleet/preflight.ts';
import { plural } from '../../quantity.ts';
import { judgeIdle } from '../../run/plan/idle.ts';
import { probeState } from '../../state/state-probe.ts';

// With launch-check.ts the one list of what a run needs. `start` stops at the first check that fails, `doctor` shows all of them:
// what one of them judges, the other does.

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
    const judge = async () => {
      const { requireDetaching } = await import('../../run/detached/launch.ts');
      requireDetaching(config, opened, sources.flags['web'] === true);
    };
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

function fleetText({ name, where = '' }: Fleet): string {
  return where === '' ? name : `${name} in ${where}`;
}
