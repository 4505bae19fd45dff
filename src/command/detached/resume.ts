import { makeArchive } from '../../archive/registry.ts';
import { makeBroadcast } from '../../broadcast/registry.ts';
import { engines } from '../../engine/registry.ts';
import { CndError } from '../../error.ts';
import { concludeDetached } from '../../run/detached/conclude.ts';
import { SetClock } from '../../run/detached/set-clock.ts';
import { Interrupts } from '../../run/interrupt.ts';
import { removeRunState } from '../../state/run-state.ts';
import type { Arguments } from '../command.ts';
import { writeReport } from '../report/write.ts';
import { runDisplay, shownExitCode } from '../start/run-display.ts';
import { interruptOnSignals } from '../start/run-signal.ts';
import type { FoundDetachedRun } from './find.ts';
import { followDetached, readDetachedContext } from './follow.ts';

/**
 * `cnd resume` of a detached run: waits until it has ended, verifies what its instances say they have found, deletes what is
 * left of it, and keeps its record, from any machine; gives the exit code. Who interrupts it while the run searches leaves that as it is.
 * @throws CndError when it is somebody else's, or was never completely launched.
 */
export async function resumeDetached(run: FoundDetachedRun, given: Arguments): Promise<number> {
  const { env } = process;
  const { fleet, found } = run;
  requireResumable(run);
  const context = await readDetachedContext(run, given, env);
  const { config, startedAt } = context;
  const start = { monotonic: 0, wall: startedAt.getTime() };
  const archive = await makeArchive(config.logs, config.aws, env);
  const interrupts = new Interrupts();
  const display = runDisplay(given, { start: start.wall }, interrupts);
  interruptOnSignals(interrupts, async () => undefined);
  try {
    const { history, told } = await followDetached(run, context, archive, display, interrupts.first);
    if (!history.endedAt) {
      display.line(`run ${found.run} searches on; get its result with: cnd resume ${found.run}`);
      await display.close();
      return interrupts.cause?.exitCode ?? 0;
    }
    const exitCode = await concludeDetached(
      {
        run: found.run,
        config,
        fleet,
        engine: engines.agents,
        broadcast: await makeBroadcast({ kind: 'in-process' }),
        archive,
        views: [display],
        interrupts,
        clock: new SetClock(start.wall),
        start,
        env,
        kernel: { rate: 0 },
        writeReport,
      },
      history,
      told,
    );
    // Of a controller that was killed during the launch.
    await removeRunState(found.run, env).catch(() => {});
    return shownExitCode(exitCode, display);
  } catch (error) {
    await display.close();
    throw error;
  }
}

function requireResumable({ found: { run, owner, isSuspended, where } }: FoundDetachedRun): void {
  if (!owner.self)
    throw new CndError('foreign-run', `run ${run} in ${where} belongs to ${owner.name}`, {
      about: run,
      hint: `watch it with: cnd attach ${run}`,
    });
  if (isSuspended)
    throw new CndError(
      'nothing-to-resume',
      `run ${run} was never completely launched: none of its pods has begun`,
      {
        about: run,
        hint: `delete what there is of it with: cnd scram --run ${run}`,
      },
    );
}
