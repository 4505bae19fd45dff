import { makeArchive } from '../archive/registry.ts';
import type { Check, Preflight } from '../fleet/preflight.ts';
import { exitCodes } from '../event/outcome.ts';
import { canConfirm } from './start/consent.ts';
import { checkTable, summaryLines } from './check-table.ts';
import { interruptible } from './interruptible.ts';
import { checkLocally } from './start/check.ts';
import { checkLaunch } from './start/launch-check.ts';

/** What is checked for where nothing is said: the smallest run there is. */
export const fallback = { N: '1', T: '200', D: '2' };

/**
 * `cnd doctor`: the checks of a start, all of them; gives the exit code, 1 when something would keep a run from working, 2
 * when that is the configuration.
 */
export function doctor(flags: Readonly<Record<string, unknown>>): Promise<number> {
  return interruptible((signal) => examine(flags, signal));
}

async function examine(flags: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<number> {
  const { env } = process;
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const { checks, config, fleet } = await checkLocally({ flags, env, path, fallback });
  if (!config || !fleet) {
    show(flags, checks);
    return exitCodes.usage;
  }
  const archive = await makeArchive(config.logs, config.aws, env);
  const launch = await checkLaunch(
    fleet,
    archive,
    config,
    canConfirm(flags, env),
    signal,
    flags['detach'] === true,
  );
  const all = [...checks, ...launch.checks];
  show(flags, all, launch.preflight);
  return all.some(({ outcome }) => outcome === 'failed') ? exitCodes.failed : exitCodes.found;
}

function show(
  flags: Readonly<Record<string, unknown>>,
  checks: readonly Check[],
  preflight?: Preflight,
): void {
  if (flags['json'] === true) process.stdout.write(`${JSON.stringify(checks.map(plain), undefined, 2)}\n`);
  else process.stdout.write(checkTable(checks) + (preflight ? summaryLines(preflight) : ''));
}

function plain({ name, outcome, message, hint }: Check): Omit<Check, 'cause'> {
  return { name, outcome, message, ...(hint !== undefined && { hint }) };
}
