import { isAlive } from './process.ts';
import { listRunStates } from './run-state.ts';

/** The runs of this user whose controllers are at work on this machine. */
export async function runsUnderWay(env: NodeJS.ProcessEnv): Promise<ReadonlySet<string>> {
  const states = await listRunStates(env);
  return new Set(states.filter(({ controller }) => isAlive(controller)).map(({ run }) => run));
}
