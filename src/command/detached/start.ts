import { Stopwatch, systemClock } from '../../clock.ts';
import { CndError } from '../../error.ts';
import { exitCodes } from '../../event/outcome.ts';
import { EventStream } from '../../event/stream.ts';
import { launchDetached } from '../../run/detached/launch.ts';
import type { RunInputs } from '../../run/context.ts';
import { deadline } from '../../run/deadline.ts';
import { confirmLaunch } from '../../run/plan/confirmation.ts';
import { emitPlan } from '../../run/plan/plan.ts';
import { timeToTeardown } from '../../run/teardown.ts';
import { removeRunState } from '../../state/run-state.ts';
import { type RunView, shownExitCode } from '../start/run-display.ts';

/** What a detached run is started with. */
export type DetachedStart = Pick<
  RunInputs,
  | 'run'
  | 'config'
  | 'fleet'
  | 'archive'
  | 'start'
  | 'env'
  | 'kernel'
  | 'preflight'
  | 'chosen'
  | 'warnings'
  | 'ask'
  | 'interrupts'
> & { readonly view: RunView; readonly isJson: boolean };

/**
 * `cnd start --detach`: launches instances that search by themselves, and prints the id of the run; gives the exit code.
 * @throws CndError when they cannot be had; then nothing is left.
 */
export async function startDetached(inputs: DetachedStart): Promise<number> {
  const { run, config, fleet, archive, start, env, kernel, preflight, chosen, warnings, view, interrupts } =
    inputs;
  const stream = new EventStream(run, () => systemClock.wall(), [view]);
  const logs = archive.location(run);
  emitPlan(stream.emit, { config, timing: fleet.timing, logs, kernel, preflight, chosen, warnings });
  const stopwatch = new Stopwatch(systemClock, start);
  const seconds = config.timeLimit - fleet.timing.reserve;
  const limit = deadline(systemClock, stopwatch, seconds, 'the time limit was reached');
  const signal = AbortSignal.any([interrupts.first, limit.signal]);
  try {
    await confirmLaunch(inputs, signal);
    stream.emit('launch.started', { instances: config.instances });
    await launchDetached({ run, config, fleet, start, elapsed: stopwatch.elapsed() }, signal);
  } catch (error) {
    if (!limit.signal.aborted || interrupts.first.aborted) throw error;
    throw new CndError(
      'launch-timeout',
      `the launch did not finish within ${timeToTeardown(config.timeLimit, fleet.timing)}`,
      {
        about: 'T',
        hint: 'increase --T',
        cause: error,
      },
    );
  } finally {
    limit.cancel();
  }
  // It has no controller from now on: whoever asks finds it on its fleet.
  await removeRunState(run, env);
  view.line(
    `run ${run} searches by itself; watch it with: cnd attach ${run}; get its result with: cnd resume ${run}`,
  );
  await stream.close();
  if (!inputs.isJson) process.stdout.write(`${run}\n`);
  return shownExitCode(exitCodes.found, view);
}
