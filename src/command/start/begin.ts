import { join } from 'node:path';
import { makeArchive } from '../../archive/registry.ts';
import { makeBroadcast } from '../../broadcast/registry.ts';
import { type Start, Stopwatch, systemClock } from '../../clock.ts';
import type { RunConfig } from '../../config/config.ts';
import { engines } from '../../engine/registry.ts';
import { CndError } from '../../error.ts';
import { exitCodes } from '../../event/outcome.ts';
import { EventStream } from '../../event/stream.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { requirePassed } from '../../fleet/preflight.ts';
import type { RunId } from '../../run-id.ts';
import type { OnLaunch } from '../../run/context.ts';
import { deadline } from '../../run/deadline.ts';
import type { Interrupts } from '../../run/interrupt.ts';
import { expiryOf } from '../../run/note.ts';
import { type Ask, concerns } from '../../run/plan/confirmation.ts';
import { emitPlan } from '../../run/plan/plan.ts';
import type { EarlierRun } from '../../run/record/earlier.ts';
import { executeRun } from '../../run/run.ts';
import { timeToTeardown } from '../../run/teardown.ts';
import { unlessAborted } from '../../wait.ts';
import type { Arguments } from '../command.ts';
import { writeReport } from '../report/write.ts';
import { type LaunchChecks, checkLaunch } from './launch-check.ts';
import { canAsk, canConfirm } from './consent.ts';
import { runDisplay, runViews, shownExitCode } from './run-display.ts';
import type { SeriesPart } from './series-part.ts';

/** A run whose settings are judged, and which its state directory tells of. */
export interface Beginning {
  readonly run: RunId;
  readonly flags: Arguments;
  readonly config: RunConfig;
  readonly fleet: Fleet;
  readonly interrupts: Interrupts;
  /** The moment T counts from. */
  readonly begin: Start;
  readonly earlier: EarlierRun | undefined;
  readonly part: SeriesPart | undefined;
  /** See `RunInputs.chosen`. */
  readonly chosen: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Called when the run itself takes over, which removes its state then. */
  readonly onStart: () => void;
  readonly onLaunch: OnLaunch | undefined;
}

/** Checks what the fleet and the archive say, and then plans, detaches or makes a run; gives the exit code. */
export async function beginRun(beginning: Beginning): Promise<number> {
  const { run, flags, config, fleet, interrupts, begin, earlier, part, chosen, env, onStart, onLaunch } =
    beginning;
  const { instances, timeLimit } = config;
  const plan = { instances, fleet: config.fleet, timeLimit };
  const settings = { start: begin.wall, ...(flags['dry-run'] !== true && { plan }) };
  const display = part?.view ?? runDisplay(flags, settings, interrupts);
  const folder = join(config.logs.directory, run);
  const views = runViews(flags, { run, start: begin.wall, folder }, display);
  try {
    const archive = await makeArchive(config.logs, config.aws, env);
    await part?.onRun(run);
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
    const expiresAt = expiryOf(new Date(begin.wall), config.timeLimit, fleet);
    const choice = config.fleetKind.broadcast?.(config.fleetConfig, {
      fleet,
      preflight,
      expiresAt,
      scheme: config.puzzle.scheme,
      env,
    });
    const broadcast = await makeBroadcast(choice ?? { kind: 'in-process' });
    onStart();
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
      onLaunch,
    });
    return shownExitCode(exitCode, display);
  } catch (error) {
    for (const view of views) await view.close();
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
      `the checks before the launch did not finish within ${timeToTeardown(timeLimit, timing)}; nothing was launched`,
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
