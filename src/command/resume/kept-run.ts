import { type Start, systemClock } from '../../clock.ts';
import { type RunConfig, restoreConfig } from '../../config/config.ts';
import { restoreSearch } from '../../engine/agents/resume/resumed-search.ts';
import { CndError, UsageError, messageOf } from '../../error.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { FleetFilter } from '../../fleet/kind.ts';
import { resumedStart } from '../../run/resume/elapsed.ts';
import { type RunSnapshot, damagedState, parseSnapshot, unresumableHint } from '../../run/resume/snapshot.ts';
import { bootTime } from '../../state/boot.ts';
import { readResumeState } from '../../state/resume-state.ts';
import { type RunState, readLoginKey, removeRunState } from '../../state/run-state.ts';

/** What a run is made of again. */
export interface KeptRun {
  /** What the last controller kept. */
  readonly text: string;
  readonly snapshot: RunSnapshot;
  readonly config: RunConfig;
  readonly fleet: Fleet;
  readonly start: Start;
}

/** Where a run is, and where what is kept of it. */
export interface KeptPlace {
  readonly env: NodeJS.ProcessEnv;
  /** Where it is reached now, if that is not where it was launched. */
  readonly place?: FleetFilter | undefined;
}

/**
 * Reads what the last controller kept. Nothing is touched: who goes on with what cannot be read would end the run.
 * @param known What was read before: if that is still what is kept, it is not read again.
 * @throws CndError `nothing-to-resume`, `state-damaged`, `state-version`, `login-key-damaged`; UsageError
 */
export async function readKeptRun(
  { run, preparing, where, account }: RunState,
  { env, place }: KeptPlace,
  known?: KeptRun,
): Promise<KeptRun> {
  const text = preparing ? undefined : await readResumeState(run, env);
  if (text === undefined) throw await nothing(run, preparing === true, env);
  if (text === known?.text) return known;
  const snapshot = relocated(parseSnapshot(text, run), place, env);
  const config = restoreConfig(snapshot.config, env);
  const { fleetKind, fleetConfig } = config;
  const reopened = fleetKind.reopen?.(fleetConfig, env, { where, account });
  const fleet = await (reopened ?? fleetKind.open(fleetConfig, env));
  requireSearch(snapshot, config);
  await requireLoginKey(run, env);
  const now = { monotonic: systemClock.monotonic(), wall: systemClock.wall(), boot: bootTime() };
  return { text, snapshot, config, fleet, start: resumedStart(snapshot, now) };
}

/** @throws CndError `state-damaged` */
function requireSearch({ run, search }: RunSnapshot, { space }: RunConfig): void {
  if (search === undefined) return;
  try {
    restoreSearch(search, space);
  } catch (error) {
    throw damagedState(run, error);
  }
}

/** Where a key was made for the run, nobody reaches its instances without it. @throws CndError `login-key-damaged` */
async function requireLoginKey(run: string, env: NodeJS.ProcessEnv): Promise<void> {
  const key = await readLoginKey(run, env);
  if (key === undefined) return;
  // Imported when used: with ssh2.
  const { signingKey } = await import('../../session/ssh/handshake/signing-key.ts');
  try {
    signingKey(key);
  } catch (cause) {
    throw new CndError(
      'login-key-damaged',
      `the login key of run ${run} cannot be read (${messageOf(cause)}): it cannot be resumed`,
      { about: run, hint: unresumableHint(run), cause },
    );
  }
}

/** A snapshot as if its run had been launched in the place where it is said to be. @throws UsageError where it cannot be there */
function relocated(
  snapshot: RunSnapshot,
  place: FleetFilter | undefined,
  env: NodeJS.ProcessEnv,
): RunSnapshot {
  if (!place) return snapshot;
  const { run, config, launch } = snapshot;
  const { fleet, fleetKind } = restoreConfig(config, env);
  const kept = { settings: config.settings[fleet], handle: launch?.handle };
  const moved = fleetKind.relocate?.(kept, place);
  if (!moved || place.allNamespaces)
    throw new UsageError(
      'place-of-unfinished',
      `run ${run} is on the fleet ${fleet}: it is found without such flags`,
      {
        about: run,
        hint: moved ? 'omit --all-namespaces' : 'omit --context, --namespace and --all-namespaces',
      },
    );
  return {
    ...snapshot,
    config: { ...config, settings: { ...config.settings, [fleet]: moved.settings } },
    ...(launch && { launch: { ...launch, handle: moved.handle } }),
  };
}

/** Killed before it had created anything, it leaves nothing but its state. */
async function nothing(run: string, isPreparing: boolean, env: NodeJS.ProcessEnv): Promise<CndError> {
  if (!isPreparing) {
    const message = `run ${run} has kept nothing to resume it from`;
    return new CndError('nothing-to-resume', message, {
      about: run,
      hint: `terminate what there may be of it with: cnd scram --run ${run}`,
    });
  }
  await removeRunState(run, env);
  return new CndError('nothing-to-resume', `run ${run} was killed before it launched anything`, {
    about: run,
    hint: 'nothing is left of it; start again with: cnd start',
  });
}
