import { UsageError } from '../../error.ts';
import { isUnknownRun, resolveRun } from '../../archive/run-name.ts';
import type { FleetFilter } from '../../fleet/kind.ts';
import { fleetKinds } from '../../fleet/registry.ts';
import { visible } from '../../text.ts';
import { type Arguments } from '../command.ts';
import { type FoundDetachedRun, findDetachedRun, namedPlace } from '../detached/find.ts';
import { resumeDetached } from '../detached/resume.ts';
import { openArchive } from '../logs/logs.ts';
import { startFlags } from '../start/options.ts';
import { type ChosenRun, chooseRun } from './choice.ts';
import { continueUnfinished } from './continue.ts';
import { resumeEnded } from './ended.ts';
import { readRecord } from './past-run.ts';

/** Flags that say how a run is shown: they go with one that is continued, too. */
const ofDisplay = new Set(['json', 'plain', 'quiet', 'verbose', 'config', 'yes', 'web']);

/** Flags that say where a run on a cluster is. */
const ofPlace = new Set(['context', 'namespace']);

/** `cnd resume`: takes up a run whose controller has died, or starts a new one from an ended one; gives the exit code. */
export async function resume(given: Arguments): Promise<number> {
  const { env } = process;
  const run = typeof given['run'] === 'string' ? given['run'] : undefined;
  const chosen = await chooseRun(run, env);
  const place = namedPlace(given);
  const detached = await detachedOf(chosen, place, given);
  if (detached) {
    refuseSettings(given, detached.found.run, ofPlace);
    return resumeDetached(detached, given);
  }
  if (chosen.kind === 'ended') {
    if (place?.allNamespaces) throw notDetached(chosen.run);
    return resumeEnded(chosen.run, given);
  }
  refuseSettings(given, chosen.state.run, ofPlace);
  return continueUnfinished(chosen.state, given, place);
}

/**
 * The detached run that is meant, if it is one: it is looked for where flags say so, where the archive does not know how the run
 * ended, and where its controller was killed before it could say that the launch was over.
 */
async function detachedOf(
  chosen: ChosenRun,
  place: FleetFilter | undefined,
  given: Arguments,
): Promise<FoundDetachedRun | undefined> {
  const { env } = process;
  if (chosen.kind === 'unfinished') {
    const { run, fleet, preparing } = chosen.state;
    return preparing && fleet === 'kubernetes' ? findDetachedRun(run, place ?? {}, env) : undefined;
  }
  const archive = await openArchive(given);
  const known = await resolveRun(archive, chosen.run).catch((error: unknown) => {
    if (isUnknownRun(error)) return undefined;
    throw error;
  });
  if (known === undefined) return findDetachedRun(chosen.run, place ?? {}, env, { driven: 'refused' });
  const record = await readRecord(archive, known);
  // Of what is recorded something may be left, too: whoever recorded it may have been killed before all of it was deleted.
  if (record && !record.detached) return undefined;
  if (place) return findDetachedRun(known, place, env);
  const kind = fleetKinds.find(({ name }) => name === record?.config.fleet);
  const recorded = record?.where === undefined ? undefined : kind?.placeOf?.(record.where);
  // A context may have another name here.
  const found = await findDetachedRun(known, {}, env);
  return found ?? (recorded && findDetachedRun(known, recorded, env));
}

function notDetached(named: string): UsageError {
  return new UsageError('unknown-run', `there is no detached run '${visible(named)}' there`, {
    about: 'run',
    hint: 'omit --all-namespaces; list the runs with: cnd ps --all-namespaces',
  });
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
