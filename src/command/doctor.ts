import { makeArchive } from '../archive/registry.ts';
import { resolveConfig } from '../config/config.ts';
import { readConfigFile } from '../config/file.ts';
import { check } from '../fleet/check.ts';
import type { Check } from '../fleet/preflight.ts';
import { exitCodes } from '../event/outcome.ts';
import { checkTable, factLines } from '../view/check.ts';
import { interruptible } from './interruptible.ts';

/** What is checked for where nothing is said: the smallest run there is. */
const fallback = { N: '1', T: '200', D: '2' };

/** `cnd doctor`: the checks of a start alone; gives the exit code, 1 when something would keep a run from working. */
export function doctor(flags: Readonly<Record<string, unknown>>): Promise<number> {
  return interruptible((signal) => examine(flags, signal));
}

async function examine(flags: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<number> {
  const { env } = process;
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const config = resolveConfig({ flags, env, file: await readConfigFile(path), fallback });
  const fleet = await config.fleetKind.open(config.fleetConfig, env);
  const archive = await makeArchive(config.logs, config.aws, env);
  const { instances: count, minimum, timeLimit } = config;
  const [logs, preflight] = await Promise.all([
    check(
      'logs',
      signal,
      () => archive.probe(signal),
      () => `they can be kept in ${archive.location()}`,
    ),
    fleet.preflight?.({ count, minimum, timeLimit }, signal),
  ]);
  const checks = [
    node(),
    ...(preflight?.checks ?? [{ name: config.fleet, outcome: 'ok', message: 'needs nothing else' }]),
    logs.check,
  ] satisfies Check[];
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  if (flags['json'] === true) process.stdout.write(`${JSON.stringify(checks.map(plain), undefined, 2)}\n`);
  else process.stdout.write(checkTable(checks) + (preflight ? factLines(preflight) : ''));
  return failed.length > 0 ? exitCodes.failed : exitCodes.found;
}

function node(): Check {
  return { name: 'node', outcome: 'ok', message: process.versions.node };
}

function plain({ name, outcome, message, hint }: Check): Omit<Check, 'cause'> {
  return { name, outcome, message, ...(hint !== undefined && { hint }) };
}
