import { resolveRun } from '../../archive/run-name.ts';
import { resolveConfig } from '../../config/config.ts';
import { readConfigFile } from '../../config/file.ts';
import { resumedLayer } from '../../config/resumed.ts';
import { UsageError, messageOf } from '../../error.ts';
import { fleetKinds } from '../../fleet/registry.ts';
import { isAlive } from '../../state/process.ts';
import { listRunStates } from '../../state/run-state.ts';
import type { Arguments } from '../command.ts';
import { openArchive, text } from '../logs/logs.ts';
import type { OnLaunch } from '../../run/context.ts';
import { startRun } from '../start/start.ts';
import { endEarlier } from './end-earlier.ts';
import { readPastRun } from './past-run.ts';
import { remainingOf } from './remaining.ts';
import { isAlreadyResumed, noteResumption, requireUnresumed } from './resumption.ts';

/**
 * Starts a new run from what an ended one has covered, with its puzzle, space and settings; gives the exit code. What may be
 * left of the other is terminated first. One is resumed once: then the other goes on from what both have covered.
 */
export async function resumeEnded(named: string, given: Arguments): Promise<number> {
  const { env } = process;
  const archive = await openArchive(given);
  const run = await resolveRun(archive, named);
  await requireUndriven(run, named, env);
  const past = await readPastRun(archive, run);
  const settings = resumedLayer(past.settings, fleetKinds);
  const file = await readConfigFile(text(given['config']));
  const config = resolveConfig({ flags: given, env, file, resumed: settings });
  const earlier = remainingOf(past, config);
  await requireUnresumed(archive, run, env);
  const isPlan = given['dry-run'] === true;
  if (past.unended && !isPlan)
    await endEarlier(run, past.unended, config, env, (message) => {
      if (given['quiet'] !== true) process.stderr.write(`cnd: ${message}\n`);
    });
  const onLaunch: OnLaunch = (begun, warn) =>
    noteResumption(archive, run, begun, env).catch((error: unknown) => {
      if (isAlreadyResumed(error)) throw error;
      warn(`another cnd resume ${run} will not know of this one: ${messageOf(error)}`);
    });
  return startRun(given, { earlier, settings, onLaunch });
}

/** A run that goes on here is none that has ended, whoever called it `last`. */
async function requireUndriven(run: string, named: string, env: NodeJS.ProcessEnv): Promise<void> {
  const state = (await listRunStates(env)).find((one) => one.run === run);
  if (!state || (named === run && !isAlive(state.controller))) return;
  throw isAlive(state.controller)
    ? new UsageError('run-driven', `run ${run} is still running`, {
        about: run,
        hint: `watch it with: cnd attach ${run}`,
      })
    : new UsageError('run-unfinished', `run ${run} may have living instances`, {
        about: run,
        hint: `name it: cnd resume ${run}`,
      });
}
