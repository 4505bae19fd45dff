import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CndError, isMissing, messageOf } from '../error.ts';
import { fileError } from '../file-error.ts';
import { codeOf, createWholeFile, readTextFile } from '../file.ts';
import { type ProcessIdentity, identify, isAlive } from './process.ts';
import { stateDirectory, statePlace } from './state.ts';

// Who drives a run: its `cnd start` is epoch 1, and each process that takes it up claims the next epoch by a file that it
// alone can make. There is no lock that could be left behind: what counts is whether the newest claimant lives.

/** The epoch of the process that starts a run. */
export const firstEpoch = 1;

const claim = z.object({ pid: z.int().positive(), start: z.string() });

function claimName(epoch: number): string {
  return `controller-${epoch}.json`;
}

/** The epoch in the name of a claim; undefined for any other name. Pure. */
export function claimEpoch(name: string): number | undefined {
  const [, epoch] = /^controller-([1-9]\d{0,8})\.json$/.exec(name) ?? [];
  return epoch === undefined ? undefined : Number(epoch);
}

/**
 * Makes this process the controller of a run whose controller has died. Of all that try at once, exactly one does.
 * @param starter The process that started it.
 * @returns its epoch, higher than all before.
 * @throws CndError `run-driven` when another one drives it, or was faster; `nothing-to-resume` when it ended meanwhile;
 *   `state-damaged`; `state-unusable` when its directory cannot be read or written, a full disk for one.
 */
export async function claimRun(
  run: string,
  starter: ProcessIdentity,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const directory = stateDirectory(run, env);
  const newest = await newestClaim(run, directory, env);
  const driver = newest?.driver ?? starter;
  if (isAlive(driver)) throw drivenBy(run, driver);
  const epoch = (newest?.epoch ?? firstEpoch) + 1;
  const path = join(directory, claimName(epoch));
  const self = identify(process.pid) ?? { pid: process.pid, start: '' };
  try {
    await createWholeFile(path, JSON.stringify(self));
    return epoch;
  } catch (error) {
    if (isMissing(error)) throw ended(run);
    if (codeOf(error) !== 'EEXIST') throw unusable(error, run, path, 'written', env);
    throw drivenBy(run, await readClaim(run, path));
  }
}

/** Whether another process has taken the run up since this one drives it. Never throws. */
export function isSuperseded(run: string, epoch: number, env: NodeJS.ProcessEnv): boolean {
  return existsSync(join(stateDirectory(run, env), claimName(epoch + 1)));
}

async function newestClaim(
  run: string,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly epoch: number; readonly driver: ProcessIdentity } | undefined> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isMissing(error)) throw ended(run);
    throw unusable(error, run, directory, 'read', env);
  }
  const epoch = Math.max(0, ...names.map((name) => claimEpoch(name) ?? 0));
  if (epoch === 0) return undefined;
  return { epoch, driver: await readClaim(run, join(directory, claimName(epoch))) };
}

async function readClaim(run: string, path: string): Promise<ProcessIdentity> {
  try {
    return claim.parse(JSON.parse(await readTextFile(path)));
  } catch (cause) {
    if (isMissing(cause)) throw ended(run);
    throw new CndError('state-damaged', `${path} cannot be read: ${messageOf(cause)}`, {
      about: run,
      hint: `terminate the run with: cnd scram --run ${run}`,
      cause,
    });
  }
}

/** The run stays where it is: another state directory would not help. */
function unusable(
  error: unknown,
  run: string,
  path: string,
  doing: string,
  env: NodeJS.ProcessEnv,
): CndError {
  const remedy = `terminate the run with: cnd scram --run ${run}`;
  return fileError(error, { ...statePlace(env), remedy }, path, doing);
}

/** A run has one controller at a time. */
export function drivenBy(run: string, { pid }: Pick<ProcessIdentity, 'pid'>): CndError {
  return new CndError('run-driven', `run ${run} is driven by pid ${pid}`, {
    about: run,
    hint: `watch it with: cnd attach ${run}; if that process hangs: kill -KILL ${pid}, then cnd resume ${run}`,
  });
}

function ended(run: string): CndError {
  return new CndError('nothing-to-resume', `run ${run} has ended meanwhile`, {
    about: run,
    hint: `see it with: cnd logs show ${run}`,
  });
}
