import { lstat, readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CndError, isMissing, messageOf } from '../error.ts';
import { withFileErrors } from '../file-error.ts';
import { codeOf, isPartialName, makeDirectory, readTextFile, replaceFile } from '../file.ts';
import { type RunId, isRunId } from '../run-id.ts';
import { claimEpoch } from './claim.ts';
import { type ProcessIdentity, identify } from './process.ts';
import { resumeEpoch } from './resume-state.ts';
import {
  loginKeyName,
  makeStateRoot,
  openStateRoot,
  removeBelow,
  stateDirectory,
  statePlace,
  stateRoot,
} from './state.ts';

const runState = z.object({
  run: z.string(),
  fleet: z.string(),
  /** Which part of the fleet: a region. */
  where: z.string().optional(),
  /** The account that the fleet is in. */
  account: z.string().optional(),
  /** The `cnd start` that drives the run. */
  controller: z.object({ pid: z.int(), start: z.string() }),
  instances: z.int(),
  /** Where its journal is until it is archived: an absolute path. Absent in states of older versions. */
  folder: z.string().optional(),
  /** Nothing has been created yet. */
  preparing: z.boolean().optional(),
  startedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

/** The live state's file in a run's state directory. */
const stateName = 'state.json';

/** Its name until November 2026, the same as that of the archived record: runs that an older cnd started are still found. */
const oldStateName = 'run.json';

/** The file by which a scram tells the controller of a run who ends it; the controller removes it when it has read it. */
const scramName = 'scram.json';

const scramNote = z.object({ by: z.string().max(1000) });

/** What any `cnd` of the same user can learn of a run that is under way, from any directory. */
export type RunState = z.output<typeof runState>;

/** Notes that this process drives a run. @throws CndError `state-unusable` */
export async function writeRunState(
  state: Omit<RunState, 'controller'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const controller: ProcessIdentity = identify(process.pid) ?? { pid: process.pid, start: '' };
  const text = `${JSON.stringify({ ...state, controller })}\n`;
  await writeOwn(state.run, stateName, text, env);
}

/**
 * Keeps the one-run login key of a run where a person can use it while the run lasts: `ssh -i <state>/<run>/id_ed25519 …`.
 * The fleet that made it does so once there is something that it opens.
 */
export async function writeLoginKey(
  run: string,
  privateKey: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  await writeOwn(run, loginKeyName, privateKey, env);
}

/** The login key that `writeLoginKey` keeps; undefined when it is not there any more. @throws the error of the file system */
export async function readLoginKey(
  run: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  try {
    return await readTextFile(join(stateDirectory(run, env), loginKeyName));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Forgets the login key, and the run's directory if nothing else is in it; idempotent. */
export async function removeLoginKey(run: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  await removeOwn(run, [loginKeyName], env);
}

/** Forgets what `writeRunState` noted, and the run's directory if nothing else is in it; idempotent. */
export async function removeRunState(run: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  await removeOwn(run, [stateName, oldStateName, loginKeyName, scramName], env, saysNothingAlone);
}

/** Tells the controller of a run who ends it, before it gets its signal. @throws CndError `state-unusable` */
export async function writeScramNote(run: string, by: string, env: NodeJS.ProcessEnv): Promise<void> {
  await writeOwn(run, scramName, JSON.stringify({ by }), env);
}

/** Whether a controller has not read yet who ends its run. */
export async function hasScramNote(run: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const path = join(stateDirectory(run, env), scramName);
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Who ends the run, if that was noted; forgets it. Never rejects: somebody else may have sent the signal. */
export async function takeScramNote(run: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = join(stateDirectory(run, env), scramName);
  try {
    const { by } = scramNote.parse(JSON.parse(await readTextFile(path)));
    await removeBelow(stateRoot(env), path);
    return by;
  } catch {
    return undefined;
  }
}

/** What the state root tells of the runs of this user. */
export interface RunStates {
  /** By run id. */
  readonly states: readonly RunState[];
  /** Notes that are there and cannot be read: what they told is not known. */
  readonly damaged: readonly { readonly run: RunId; readonly error: CndError }[];
}

/**
 * The runs noted under the state root, whether their controllers still live or not.
 * @throws CndError `state-unusable` when it cannot be listed, or is not safe: then nothing is known.
 */
export async function readRunStates(env: NodeJS.ProcessEnv = process.env): Promise<RunStates> {
  const states: RunState[] = [];
  const damaged: { run: RunId; error: CndError }[] = [];
  for (const run of await listStateRuns(env)) {
    for (const name of [stateName, oldStateName]) {
      const path = join(stateDirectory(run, env), name);
      try {
        states.push(parse(await readTextFile(path), run));
        break;
      } catch (cause) {
        if (isMissing(cause)) continue; // with neither: of a fleet, or being removed
        const error = new CndError('state-damaged', `${path} cannot be read: ${messageOf(cause)}`, {
          about: run,
          hint: `once you have checked that nothing of the run is left: rm -r ${dirname(path)}`,
          cause,
        });
        damaged.push({ run, error });
        break;
      }
    }
  }
  return { states, damaged };
}

/**
 * Removes what a start left that was killed while it noted its run for the first time, before it created anything: a directory
 * that is empty, or holds nothing but an unfinished file; and what a run left whose end was cut short. A start that is just there finds that its note cannot be written.
 */
export async function removeUnnoted(env: NodeJS.ProcessEnv, only?: string): Promise<void> {
  for (const run of await listStateRuns(env)) {
    const directory = stateDirectory(run, env);
    if (only !== undefined && only !== run) continue;
    await withFileErrors(statePlace(env), directory, 'removed', async () => {
      const names = await namesIn(directory);
      if (names.every(saysNothingAlone)) await removeOwn(run, names, env);
    });
  }
}

/** The states of `readRunStates`. @throws CndError `state-unusable` */
export async function listRunStates(env: NodeJS.ProcessEnv = process.env): Promise<readonly RunState[]> {
  return (await readRunStates(env)).states;
}

/** The runs that have a directory under the state root, sorted. @throws CndError `state-unusable` */
export async function listStateRuns(env: NodeJS.ProcessEnv = process.env): Promise<RunId[]> {
  const root = await openStateRoot(env);
  if (root === undefined) return [];
  const names = await withFileErrors(statePlace(env), root, 'read', () => readdir(root));
  return names.filter(isRunId).toSorted();
}

/** A note that names another run than its directory is forged. */
function parse(text: string, run: RunId): RunState {
  const state = runState.parse(JSON.parse(text));
  if (state.run !== run) throw new Error(`it belongs to another run, ${JSON.stringify(state.run)}`);
  return state;
}

async function writeOwn(run: string, name: string, text: string, env: NodeJS.ProcessEnv): Promise<void> {
  const directory = stateDirectory(run, env);
  await makeStateRoot(env);
  await withFileErrors(statePlace(env), directory, 'written', async () => {
    await makeDirectory(directory, 0o700);
    try {
      await replaceFile(join(directory, name), text);
    } catch (error) {
      await rmdir(directory).catch(() => {}); // what is new and empty is not to look like a run
      throw error;
    }
  });
}

async function removeOwn(
  run: string,
  names: readonly string[],
  env: NodeJS.ProcessEnv,
  isAlso: (name: string) => boolean = isPartialName,
): Promise<void> {
  const directory = stateDirectory(run, env);
  await withFileErrors(statePlace(env), directory, 'removed', async () => {
    // The run is over: what is still being written was so by a process that was killed.
    const others = (await namesIn(directory)).filter(isAlso);
    for (const name of [...names, ...others]) await removeBelow(stateRoot(env), join(directory, name));
    await rmdir(directory).catch(() => {}); // if it is empty
  });
}

/** Whether a file says nothing where there is no live state: unfinished, or one by which controllers follow each other. Pure. */
function saysNothingAlone(name: string): boolean {
  return isPartialName(name) || claimEpoch(name) !== undefined || resumeEpoch(name) !== undefined;
}

/** What is in a directory; nothing where there is none, or where it is something else. */
async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error) || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
