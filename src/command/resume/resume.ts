import { UsageError } from '../../error.ts';
import { type Arguments } from '../command.ts';
import { startFlags } from '../start/options.ts';
import { chooseRun } from './choice.ts';
import { continueUnfinished } from './continue.ts';
import { resumeEnded } from './ended.ts';

/** Flags that say how a run is shown: they go with one that is continued, too. */
const ofDisplay = new Set(['json', 'plain', 'quiet', 'verbose', 'config', 'yes', 'web']);

/** `cnd resume`: takes up a run whose controller has died, or starts a new one from an ended one; gives the exit code. */
export async function resume(given: Arguments): Promise<number> {
  const { env } = process;
  const run = typeof given['run'] === 'string' ? given['run'] : undefined;
  const chosen = await chooseRun(run, env);
  if (chosen.kind === 'ended') return resumeEnded(chosen.run, given);
  refuseSettings(given, chosen.state.run);
  return continueUnfinished(chosen.state, given);
}

/** A run that goes on keeps its settings: a new T, say, must not be ignored. @throws UsageError */
function refuseSettings(given: Arguments, run: string): void {
  const flag = startFlags.find(
    ({ name }) => !ofDisplay.has(name) && given[name] !== undefined && given[name] !== false,
  );
  if (!flag) return;
  throw new UsageError(
    'setting-of-unfinished',
    `--${flag.name} is given, but ${run} has not ended: it is continued with its own settings, within its T`,
    {
      about: flag.name,
      hint: `omit it; or terminate the run and start a new one from it: cnd scram --run ${run}; cnd resume ${run}`,
    },
  );
}
