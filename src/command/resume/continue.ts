import { join } from 'node:path';
import type { Archive } from '../../archive/archive.ts';
import { makeArchive } from '../../archive/registry.ts';
import { makeBroadcast } from '../../broadcast/registry.ts';
import { systemClock } from '../../clock.ts';
import type { RunConfig } from '../../config/config.ts';
import { engines } from '../../engine/registry.ts';
import { CndError, UsageError } from '../../error.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { FleetFilter } from '../../fleet/kind.ts';
import type { Preflight } from '../../fleet/preflight.ts';
import { invoker } from '../../state/invoker.ts';
import type { KernelChoice } from '../../kernel/choice.ts';
import type { RunInputs } from '../../run/context.ts';
import { Interrupts } from '../../run/interrupt.ts';
import { expiryOf } from '../../run/note.ts';
import type { RunSnapshot } from '../../run/resume/snapshot.ts';
import type { EarlierRun } from '../../run/record/earlier.ts';
import { continueRun } from '../../run/run.ts';
import { claimRun } from '../../state/claim.ts';
import { type RunState, listRunStates, removeRunState, takeScramNote } from '../../state/run-state.ts';
import { writeReport } from '../report/write.ts';
import type { Arguments } from '../command.ts';
import { displayMode } from '../start/display-mode.ts';
import { runDisplay, runViews, shownExitCode } from '../start/run-display.ts';
import { interruptOnSignals } from '../start/run-signal.ts';
import { readKeptRun } from './kept-run.ts';
import { isAlreadyResumed, requireUnresumed } from './resumption.ts';

/**
 * Continues a run whose controller has died, within the same T, from what that one kept and the agents that still live; gives
 * the exit code. A run whose time is over is only cleaned up and recorded.
 * @param place Where it is reached now, if that is not where it was launched.
 * @throws CndError `run-driven`, `nothing-to-resume`, `state-damaged`, `state-version`, `login-key-damaged`, with nothing touched; what `continueRun` throws.
 */
export async function continueUnfinished(
  state: RunState,
  given: Arguments,
  place?: FleetFilter,
): Promise<number> {
  const { env } = process;
  const { run } = state;
  // All that can fail comes before the claim: who cannot go on leaves the run to somebody who can.
  const first = await readKeptRun(state, { env, place });
  if (place) await requireThere(run, first.fleet);
  const archive = await makeArchive(first.config.logs, first.config.aws, env);
  await requireUntaken(archive, run, env);
  const epoch = await claimRun(run, state.controller, env);
  // Read again: its controller may have ended by itself in between, and another one may have come and gone.
  if (!(await listRunStates(env)).some((other) => other.run === run)) throw await over(run, env);
  const { snapshot, config, fleet, start } = await readKeptRun(state, { env, place }, first);

  const interrupts = new Interrupts();
  const display = runDisplay(given, { start: start.wall }, interrupts);
  interruptOnSignals(interrupts, () => takeScramNote(run, env));
  const inputs: RunInputs = {
    run,
    config,
    fleet,
    engine: engines.agents,
    broadcast: await broadcastOf(snapshot, config, fleet, env),
    archive,
    views: runViews(given, { run, start: start.wall, folder: join(config.logs.directory, run) }, display),
    interrupts,
    clock: systemClock,
    start,
    env,
    kernel: kernelOf(snapshot),
    preflight: preflightOf(snapshot),
    earlier: earlierOf(snapshot),
    series: snapshot.series,
    writeReport,
  };
  const recalling = displayMode(given) === 'live' ? [display] : [];
  try {
    const exitCode = await continueRun(inputs, { snapshot, epoch, by: invoker(), recalling });
    return shownExitCode(exitCode, display);
  } catch (error) {
    for (const view of inputs.views) await view.close();
    throw error;
  }
}

/** Where another machine goes on with it, it is not gone on with here. An archive that cannot be asked keeps nobody from it. */
async function requireUntaken(archive: Archive, run: string, env: NodeJS.ProcessEnv): Promise<void> {
  await requireUnresumed(archive, run, env).catch((error: unknown) => {
    if (isAlreadyResumed(error)) throw error;
  });
}

/** In the wrong place nothing would be found of it, and that be taken for its end. @throws UsageError */
async function requireThere(run: string, fleet: Fleet): Promise<void> {
  if ((await fleet.find()).some((found) => found.run === run)) return;
  throw new UsageError('unknown-run', `there is nothing of ${run} on ${fleet.name} ${fleet.where ?? ''}`, {
    about: run,
    hint: `omit --context and --namespace; or see where it is with: cnd ps --context CONTEXT --namespace NAMESPACE`,
  });
}

/** It ended while this process was about to claim it. */
async function over(run: string, env: NodeJS.ProcessEnv): Promise<CndError> {
  await removeRunState(run, env).catch(() => {});
  return new CndError('nothing-to-resume', `run ${run} has ended meanwhile`, {
    about: run,
    hint: `see it with: cnd logs show ${run}`,
  });
}

async function broadcastOf(
  snapshot: RunSnapshot,
  config: RunConfig,
  fleet: Fleet,
  env: NodeJS.ProcessEnv,
): Promise<RunInputs['broadcast']> {
  const choice = config.fleetKind.broadcast?.(config.fleetConfig, {
    fleet,
    preflight: preflightOf(snapshot),
    expiresAt: expiryOf(new Date(snapshot.startedAt), config.timeLimit, fleet),
    scheme: config.puzzle.scheme,
    env,
  });
  return makeBroadcast(choice ?? { kind: 'in-process' });
}

function kernelOf({ instructionSet }: RunSnapshot): KernelChoice {
  return { rate: 0, ...(instructionSet !== undefined && { instructionSet }) };
}

function earlierOf({ resumes }: RunSnapshot): EarlierRun | undefined {
  if (!resumes) return undefined;
  const { run, done, tested, candidate } = resumes;
  return {
    run,
    done: done.map(([lo, hi]) => [BigInt(lo), BigInt(hi)]),
    tested: BigInt(tested),
    ...(candidate && { candidate: { ...candidate, nonce: BigInt(candidate.nonce) } }),
  };
}

/** As much of it as the end of a run needs. */
function preflightOf({ preflight }: RunSnapshot): Preflight | undefined {
  if (!preflight) return undefined;
  const { owner, free, cost, costBasis, price } = preflight;
  return {
    checks: [],
    facts: [],
    ...(owner !== undefined && { owner }),
    ...(free && { free }),
    ...(cost !== undefined && { cost }),
    ...(costBasis !== undefined && { costBasis }),
    ...(price && { price }),
  };
}
