import { UsageError } from '../../error.ts';
import { isUnknownRun, resolveRun } from '../../archive/run-name.ts';
import { type Arguments } from '../command.ts';
import { type FoundDetachedRun, findDetachedRun, namedPlace } from '../detached/find.ts';
import { resumeDetached } from '../detached/resume.ts';
import { openArchive } from '../logs/logs.ts';
import { startFlags } from '../start/options.ts';
import { type ChosenRun, chooseRun } from './choice.ts';
import { continueUnfinished } from './continue.ts';
import { resumeEnded } from './ended.ts';

/** Flags that say how a run is shown: they go with one that is continued, too. */
const ofDisplay = new Set(['json', 'plain', 'quiet', 'verbose', 'config', 'yes', 'web']);

/** Flags that say where a detached run is to be looked for. */
const ofPlace = new Set(['context', 'namespace']);

/** `cnd resume`: takes up a run whose controller has died, or starts a new one from an ended one; gives the exit code. */
export async function resume(given: Arguments): Promise<number> {
  const { env } = process;
  const run = typeof given['run'] === 'string' ? given['run'] : undefined;
  const chosen = await chooseRun(run, env);
  const detached = await detachedOf(chosen, given);
  if (detached) {
    refuseSettings(given, detached.found.run, ofPlace);
    return resumeDetached(detached, given);
  }
  if (chosen.kind === 'ended') return resumeEnded(chosen.run, given);
  refuseSettings(given, chosen.state.run);
  return continueUnfinished(chosen.state, given);
}

/**
 * The detached run that is meant, if it is one: it is looked for where flags say so, where the archive does not know the run, and
 * where its controller was killed before it could say that the launch was over.
 */
async function detachedOf(chosen: ChosenRun, given: Arguments): Promise<FoundDetachedRun | undefined> {
  const { env } = process;
  const place = namedPlace(given);
  if (chosen.kind === 'unfinished') {
    const { run, fleet, preparing } = chosen.state;
    return preparing && fleet === 'kubernetes' ? findDetachedRun(run, place ?? {}, env) : undefined;
  }
  if (place) return findDetachedRun(chosen.run, place, env);
  try {
    await resolveRun(await openArchive(given), chosen.run);
    return undefined;
  } catch (error) {
    return isUnknownRun(error) ? findDetachedRun(chosen.run, {}, env) : undefined;
  }
}

/** A run that goes on keeps its settings: a new T, say, must not be ignored. @throws UsageError */
function refuseSettings(given: Arguments, run: string, also: ReadonlySet<string> = new Set()): void {
  const flag = startFlags.find(
    ({ name }) =>
      !ofDisplay.has(name) && !also.has(name) && given[name] !== undefined && given[name] !== false,
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
