import { chmod, mkdir, readFile, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ProcessIdentity, identify } from './process.ts';
import { runIdPattern } from '../run-id.ts';
import { stateDirectory, stateRoot } from './state.ts';

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
  /** Nothing has been created yet. */
  preparing: z.boolean().optional(),
  startedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

/** The file of a run's login key in its state directory. */
export const loginKeyName = 'id_ed25519';

/** What any `cnd` of the same user can learn of a run that is under way, from any directory. */
export type RunState = z.output<typeof runState>;

/** Notes that this process drives a run. */
export async function writeRunState(
  state: Omit<RunState, 'controller'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const directory = await makeDirectory(state.run, env);
  const controller: ProcessIdentity = identify(process.pid) ?? { pid: process.pid, start: '' };
  await writeFile(join(directory, 'run.json'), `${JSON.stringify({ ...state, controller })}\n`, {
    mode: 0o600,
  });
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
  await writeFile(join(await makeDirectory(run, env), loginKeyName), privateKey, { mode: 0o600 });
}

/** Forgets the login key, and the run's directory if nothing else is in it; idempotent. */
export async function removeLoginKey(run: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const directory = stateDirectory(run, env);
  await rm(join(directory, loginKeyName), { force: true });
  await rmdir(directory).catch(() => {});
}

async function makeDirectory(run: string, env: NodeJS.ProcessEnv): Promise<string> {
  const directory = stateDirectory(run, env);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  return directory;
}

/** Forgets what `writeRunState` noted, and the run's directory if nothing else is in it; idempotent. */
export async function removeRunState(run: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const directory = stateDirectory(run, env);
  await rm(join(directory, 'run.json'), { force: true });
  await removeLoginKey(run, env);
}

/** The runs noted under the state root, whether their controllers still live or not; torn notes are skipped. */
export async function listRunStates(env: NodeJS.ProcessEnv = process.env): Promise<RunState[]> {
  const names = await readdir(stateRoot(env)).catch(() => []);
  const runs = names.filter((name) => runIdPattern.test(name));
  const states = await Promise.all(runs.map((run) => readRunState(join(stateRoot(env), run, 'run.json'))));
  // A note that names another run than its directory is torn or forged.
  return states
    .filter((state, index) => state !== undefined && state.run === runs[index])
    .filter((state) => state !== undefined)
    .toSorted((a, b) => a.run.localeCompare(b.run));
}

async function readRunState(path: string): Promise<RunState | undefined> {
  try {
    return runState.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
