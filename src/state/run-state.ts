import { chmod, mkdir, readFile, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { KeyPair } from '../session/ssh/access.ts';
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

/** What any `cnd` of the same user can learn of a run that is under way, from any directory. */
export type RunState = z.output<typeof runState>;

/**
 * Notes that this process drives a run, and keeps its one-run login key, once there is one, where a person can use it while
 * the run lasts: `ssh -i <state>/<run>/id_ed25519 …`.
 */
export async function writeRunState(
  state: Omit<RunState, 'controller'>,
  loginKey: KeyPair | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const directory = stateDirectory(state.run, env);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const controller: ProcessIdentity = identify(process.pid) ?? { pid: process.pid, start: '' };
  if (loginKey) await writeFile(join(directory, 'id_ed25519'), loginKey.privateKey, { mode: 0o600 });
  await writeFile(join(directory, 'run.json'), `${JSON.stringify({ ...state, controller })}\n`, {
    mode: 0o600,
  });
}

/** Forgets what `writeRunState` noted, and the run's directory if nothing else is in it; idempotent. */
export async function removeRunState(run: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const directory = stateDirectory(run, env);
  for (const name of ['run.json', 'id_ed25519']) await rm(join(directory, name), { force: true });
  await rmdir(directory).catch(() => {});
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
