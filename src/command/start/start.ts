import { join } from 'node:path';
import { makeArchive } from '../../archive/registry.ts';
import { makeBroadcast } from '../../broadcast/registry.ts';
import type { RunConfig } from '../../config/config.ts';
import type { Layer } from '../../config/layer.ts';
import { engines } from '../../engine/registry.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { requirePassed } from '../../fleet/preflight.ts';
import { type Start, Stopwatch, processStart, systemClock } from '../../clock.ts';
import { CndError } from '../../error.ts';
import { deadline } from '../../run/deadline.ts';
import { Interrupts } from '../../run/interrupt.ts';
import { EventStream } from '../../event/stream.ts';
import { expiryOf, runNote } from '../../run/note.ts';
import { fileUsageError } from '../../file-error.ts';
import { stateDirectory, statePlace } from '../../state/state.ts';
import { emitPlan } from '../../run/plan/plan.ts';
import type { EarlierRun } from '../../run/record/earlier.ts';
import { executeRun } from '../../run/run.ts';
import { type RunId, newRunId } from '../../run-id.ts';
import { removeRunState, takeScramNote, writeRunState } from '../../state/run-state.ts';
import { unlessAborted } from '../../wait.ts';
import { writeReport } from '../report/write.ts';
import { exitCodes } from '../../event/outcome.ts';
import type { Arguments } from '../command.ts';
import { chooseInstances } from './auto.ts';
import { type LaunchChecks, checkLocally, checkLaunch, required } from './check.ts';
import { type Ask, concerns } from '../../run/plan/confirmation.ts';
import { canAsk, canConfirm } from './consent.ts';
import { type RunView, runDisplay, runViews, shownExitCode } from './run-display.ts';
import { interruptOnSignals } from './run-signal.ts';

/** `cnd start`: one run, from launch to scram; gives the exit code. */
export function start(flags: Arguments): Promise<number> {
  return startRun(flags);
}

/** A run as a part of a series, which has its own view, its own signals, and many runs in one process. */
export interface SeriesPart {
  readonly series: string;
  /** The moment T counts from. */
  readonly start: Start;
  readonly interrupts: Interrupts;
  readonly view: RunView;
  /** Called before anything is launched. */
  readonly onRun: (run: RunId) => Promise<void>;
}

/** A run of one's own, one that resumes another, with the settings of that, or a part of a series; gives the exit code. */
export async function startRun(
  given: Arguments,
  past: { readonly earlier?: EarlierRun; readonly settings?: Layer; readonly part?: SeriesPart } = {},
): Promise<number> {
  const { env } = process;
  const { earlier, part } = past;
  const begin = part?.start ?? processStart;
  const { flags, chosen } = await chooseInstances(given, env);
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const { config, fleet } = required(await checkLocally({ flags, env, path, resumed: past.settings }));
  const interrupts = part?.interrupts ?? new Interrupts();
  const { instances, timeLimit } = config;
  const plan = { instances, fleet: config.fleet, timeLimit };
  const settings = { start: begin.wall, ...(flags['dry-run'] !== true && { plan }) };
  const display = part?.view ?? runDisplay(flags, settings, interrupts);
  const startedAt = new Date(begin.wall);
  const run = newRunId(startedAt);
  const folder = join(config.logs.directory, run);
  const views = runViews(flags, { run, start: begin.wall, folder }, display);
  if (!part) interruptOnSignals(interrupts, () => takeScramNote(run, env));
  let hasStarted = false;
  try {
    const archive = await makeArchive(config.logs, config.aws, env);
    await part?.onRun(run);
    if (flags['dry-run'] !== true) {
      // A scram from now on stops it, before it creates anything.
      const note = { ...runNote(run, fleet, config, startedAt), preparing: true };
      await writeRunState(note, env).catch((error: unknown) => {
        throw fileUsageError(error, statePlace(env), stateDirectory(run, env), 'written');
      });
    }
    const { preflight, warnings, kernel } = await inTime(
      config,
      fleet,
      { begin, interrupted: interrupts.first },
      (signal) =>
        checkLaunch(fleet, archive, config, canConfirm(flags, env), signal, flags['detach'] === true),
    );
    if (flags['dry-run'] === true) {
      const stream = new EventStream(run, () => systemClock.wall(), views);
      const logs = archive.location(run);
      emitPlan(stream.emit, {
        config,
        timing: fleet.timing,
        logs,
        kernel,
        preflight,
        earlier,
        warnings,
        chosen,
      });
      const asked = concerns(config, preflight, kernel).join(' ');
      const words = asked === '' ? '' : `; on a terminal a start asks first: ${asked}`;
      stream.emit('warning', { message: `dry run: nothing was launched${words}` });
      await stream.close();
      return shownExitCode(exitCodes.found, display);
    }
    const ask: Ask | undefined =
      flags['yes'] !== true && canAsk(env) ? (...asked) => display.ask(...asked) : undefined;
    if (flags['detach'] === true) {
      const inputs = {
        run,
        config,
        fleet,
        archive,
        start: begin,
        env,
        kernel,
        preflight,
        chosen,
        warnings,
        ask,
      };
      const { startDetached } = await import('../detached/start.ts');
      return await startDetached({ ...inputs, interrupts, view: display, isJson: flags['json'] === true });
    }
    const expiresAt = expiryOf(startedAt, config.timeLimit, fleet);
    const choice = config.fleetKind.broadcast?.(config.fleetConfig, {
      fleet,
      preflight,
      expiresAt,
      scheme: config.puzzle.scheme,
      env,
    });
    const broadcast = await makeBroadcast(choice ?? { kind: 'in-process' });
    hasStarted = true;
    const exitCode = await executeRun({
      run,
      config,
      fleet,
      engine: engines.agents,
      broadcast,
      archive,
      views,
      interrupts,
      clock: systemClock,
      start: begin,
      env,
      kernel,
      preflight,
      earlier,
      series: part?.series,
      chosen,
      warnings,
      writeReport,
      ask,
    });
    return shownExitCode(exitCode, display);
  } catch (error) {
    for (const view of views) await view.close();
    if (!hasStarted) await removeRunState(run, env).catch(() => {}); // the first error counts
    // Asked to stop while nothing had been created yet; a bug is told as one.
    const { cause } = interrupts;
    if (cause && cause.exitCode > 128) return cause.exitCode;
    throw error;
  }
}

/**
 * Whatever is looked at before the launch, it takes no more of T than the search would have had, and ends at a signal:
 * children are killed, and what does not listen is left behind.
 * @throws CndError `plan-timeout`
 */
async function inTime(
  { timeLimit }: RunConfig,
  { timing }: Fleet,
  { begin, interrupted }: { readonly begin: Start; readonly interrupted: AbortSignal },
  look: (signal: AbortSignal) => Promise<LaunchChecks>,
): Promise<LaunchChecks> {
  const seconds = timeLimit - timing.reserve;
  const limit = deadline(
    systemClock,
    new Stopwatch(systemClock, begin),
    seconds,
    'the time limit was reached',
  );
  const signal = AbortSignal.any([interrupted, limit.signal]);
  try {
    const prospect = await unlessAborted(look(signal), signal);
    requirePassed(prospect.checks);
    return prospect;
  } catch (error) {
    if (!limit.signal.aborted || interrupted.aborted) throw error;
    throw new CndError(
      'plan-timeout',
      `the checks before the launch took all of T, ${timeLimit} s; nothing was launched`,
      {
        about: 'T',
        hint: 'increase --T, or find out what hangs with: cnd doctor',
        cause: error,
      },
    );
  } finally {
    limit.cancel();
  }
}
