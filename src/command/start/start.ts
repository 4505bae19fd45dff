import { makeArchive } from '../../archive/registry.ts';
import { makeBroadcast } from '../../broadcast/registry.ts';
import type { RunConfig } from '../../config/config.ts';
import type { Layer } from '../../config/layer.ts';
import { engines } from '../../engine/registry.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { requirePassed } from '../../fleet/preflight.ts';
import { Stopwatch, processStart, systemClock } from '../../clock.ts';
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
import { newRunId } from '../../run-id.ts';
import { removeRunState, takeScramNote, writeRunState } from '../../state/run-state.ts';
import { unlessAborted } from '../../wait.ts';
import { writeReport } from '../report/write.ts';
import { Display } from '../../view/display/display.ts';
import { exitCodes } from '../../event/outcome.ts';
import { isatty } from 'node:tty';
import type { Arguments } from '../command.ts';
import { signalExitCodes } from '../interruptible.ts';
import { type LaunchChecks, checkLocally, checkLaunch, required } from './check.ts';
import { concerns } from '../../run/plan/confirmation.ts';
import { canAsk, canConfirm } from './consent.ts';
import { displayMode } from './display-mode.ts';

/** `cnd start`: one run, from launch to scram; gives the exit code. */
export function start(flags: Arguments): Promise<number> {
  return startRun(flags);
}

/** A run of one's own, or one that resumes another, with the settings of that; gives the exit code. */
export async function startRun(
  flags: Arguments,
  past: { readonly earlier?: EarlierRun; readonly settings?: Layer } = {},
): Promise<number> {
  const { env } = process;
  const { earlier } = past;
  const path = typeof flags['config'] === 'string' ? flags['config'] : undefined;
  const { config, fleet } = required(await checkLocally({ flags, env, path, resumed: past.settings }));
  const interrupts = new Interrupts();
  const display = startDisplay(flags, config, interrupts);
  const views = [display];
  const startedAt = new Date(processStart.wall);
  const run = newRunId(startedAt);
  listen(interrupts, () => takeScramNote(run, env));
  let hasStarted = false;
  try {
    const archive = await makeArchive(config.logs, config.aws, env);
    if (flags['dry-run'] !== true) {
      // A scram from now on stops it, before it creates anything.
      const note = { ...runNote(run, fleet, config, startedAt), preparing: true };
      await writeRunState(note, env).catch((error: unknown) => {
        throw fileUsageError(error, statePlace(env), stateDirectory(run, env), 'written');
      });
    }
    const { preflight, warnings, kernel } = await inTime(config, fleet, interrupts.first, (signal) =>
      checkLaunch(fleet, archive, config, canConfirm(flags, env), signal),
    );
    if (flags['dry-run'] === true) {
      const stream = new EventStream(run, () => systemClock.wall(), views);
      const logs = archive.location(run);
      emitPlan(stream.emit, { config, timing: fleet.timing, logs, kernel, preflight, earlier, warnings });
      const asked = concerns(config, preflight, kernel).join(' ');
      const words = asked === '' ? '' : `; on a terminal a start asks first: ${asked}`;
      stream.emit('warning', { message: `dry run: nothing was launched${words}` });
      await stream.close();
      return exitCodeOf(exitCodes.found, display);
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
      start: processStart,
      env,
      kernel,
      preflight,
      earlier,
      warnings,
      writeReport,
      ask: flags['yes'] !== true && canAsk(env) ? (...asked) => display.ask(...asked) : undefined,
    });
    return exitCodeOf(exitCode, display);
  } catch (error) {
    await display.close();
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
  interrupted: AbortSignal,
  look: (signal: AbortSignal) => Promise<LaunchChecks>,
): Promise<LaunchChecks> {
  const seconds = timeLimit - timing.reserve;
  const limit = deadline(
    systemClock,
    new Stopwatch(systemClock, processStart),
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

/** A result that stdout did not take is a failure, unless there is worse to say. */
function exitCodeOf(exitCode: number, { hasFailed }: Display): number {
  const isWorse = exitCode === exitCodes.cleanupUnconfirmed || exitCode > 128;
  return hasFailed && !isWorse ? exitCodes.failed : exitCode;
}

function startDisplay(
  flags: Readonly<Record<string, unknown>>,
  config: RunConfig,
  interrupts: Interrupts,
): Display {
  const mode = displayMode(flags);
  const { instances, fleet, timeLimit } = config;
  return new Display(
    {
      mode,
      verbose: flags['verbose'] === true,
      start: processStart.wall,
      keyboard: isatty(0) && isatty(2),
      ...(flags['dry-run'] !== true && { plan: { instances, fleet, timeLimit } }),
    },
    {
      onQuit: () => interrupts.raise({ name: 'SIGINT', exitCode: signalExitCodes.SIGINT }),
      onStdoutClosed: (code) => {
        // Only the summary goes to stdout otherwise, when everything is over. What is not read may still find its nonce.
        if (mode === 'json' && code === 'EPIPE')
          interrupts.raise({ name: 'stdout was closed', exitCode: exitCodes.failed });
      },
    },
  );
}

/**
 * Turns signals, and bugs that nothing caught, into interruptions: whatever happens, the cleanup runs. It stays so until
 * the process ends: a late Ctrl-C must not change the exit code of a run that is over.
 */
function listen(interrupts: Interrupts, scrammedBy: () => Promise<string | undefined>): void {
  for (const [name, exitCode] of Object.entries(signalExitCodes)) {
    if (name !== 'SIGTERM') process.on(name, () => interrupts.raise({ name, exitCode }));
    else
      process.on(name, () => {
        void scrammedBy().then((by) => {
          interrupts.raise({ name: by === undefined ? name : `scrammed by ${by}`, exitCode });
        });
      });
  }
  const bug = (error: unknown): void => {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    interrupts.raise({ name: `internal error: ${words}`, exitCode: 1 });
  };
  process.on('uncaughtException', bug);
  process.on('unhandledRejection', bug);
}
