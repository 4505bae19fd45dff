import { type Arguments } from '../command.ts';
import { chooseRun } from './choice.ts';
import { continueUnfinished } from './continue.ts';
import { resumeEnded } from './ended.ts';

/** `cnd resume`: takes up a run whose controller has died; gives the exit code. */
export async function resume(given: Arguments): Promise<number> {
  const { env } = process;
  const run = typeof given['run'] === 'string' ? given['run'] : undefined;
  const chosen = await chooseRun(run, env);
  return chosen.kind === 'unfinished'
    ? continueUnfinished(chosen.state, given)
    : resumeEnded(chosen.run, given);
}
