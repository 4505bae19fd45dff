import type { Archive } from '../../archive/archive.ts';
import { makeArchive } from '../../archive/registry.ts';
import { makeBroadcast } from '../../broadcast/registry.ts';
import { engines } from '../../engine/registry.ts';
import { CndError } from '../../error.ts';
import type { DetachedClaim } from '../../fleet/detached.ts';
import { concludeDetached } from '../../run/detached/conclude.ts';
import { SetClock } from '../../run/detached/set-clock.ts';
import { Interrupts } from '../../run/interrupt.ts';
import { userAtHost } from '../../state/invoker.ts';
import { removeRunState } from '../../state/run-state.ts';
import type { Arguments } from '../command.ts';
import { writeReport } from '../report/write.ts';
import { readRecord } from '../resume/past-run.ts';
import { type RunView, runDisplay, shownExitCode } from '../start/run-display.ts';
import { interruptOnSignals } from '../start/run-signal.ts';
import type { FoundDetachedRun } from './find.ts';
import { type DetachedContext, followDetached, readDetachedContext } from './follow.ts';
import { deleteRecorded } from './recorded.ts';

/** What a detached run is resumed with. */
interface Resuming {
  readonly run: FoundDetachedRun;
  readonly context: DetachedContext;
  readonly archive: Archive;
  readonly claim: DetachedClaim;
  readonly interrupts: Interrupts;
  readonly display: RunView;
}

/**
 * `cnd resume` of a detached run: waits until it has ended, verifies what its instances say they have found, keeps its record, and
 * deletes then what is left of it, from any machine; gives the exit code. It may be repeated, whatever became of the one before. Who
 * interrupts it while the run searches leaves that as it is.
 * @throws CndError `run-driven` when another process does it; when it is somebody else's, or was never completely launched.
 */
export async function resumeDetached(run: FoundDetachedRun, given: Arguments): Promise<number> {
  const { env } = process;
  const { found, detaching } = run;
  requireResumable(run);
  const context = await readDetachedContext(run, given, env);
  const archive = await makeArchive(context.config.logs, context.config.aws, env);
  const interrupts = new Interrupts();
  const display = runDisplay(given, { start: context.startedAt.getTime() }, interrupts);
  interruptOnSignals(interrupts, async () => undefined);
  let claim: DetachedClaim | undefined;
  try {
    const by = `${userAtHost()} (pid ${process.pid})`;
    claim = await detaching.claim(found.run, by, interrupts.first, (other) =>
      display.line(`waiting for ${other}, which resumed ${found.run} and may have been killed`),
    );
    const resuming = { run, context, archive, claim, interrupts, display };
    const record = await readRecord(archive, found.run);
    const exitCode = record?.ended
      ? await deleteRecorded(resuming, record)
      : await followAndConclude(resuming);
    // Of a controller that was killed during the launch.
    await removeRunState(found.run, env).catch(() => {});
    return shownExitCode(exitCode, display);
  } catch (error) {
    await display.close();
    const { cause } = interrupts;
    if (cause && !claim) return cause.exitCode;
    throw error;
  } finally {
    await claim?.release();
  }
}

async function followAndConclude(resuming: Resuming): Promise<number> {
  const { run, context, archive, claim, interrupts, display } = resuming;
  const { fleet, found } = run;
  const { config, startedAt } = context;
  const wanted = AbortSignal.any([interrupts.first, claim.lost]);
  const { history, told } = await followDetached(run, context, archive, display, wanted);
  claim.lost.throwIfAborted();
  if (!history.endedAt) {
    display.line(`run ${found.run} searches on; get its result with: cnd resume ${found.run}`);
    await display.close();
    return interrupts.cause?.exitCode ?? 0;
  }
  const start = { monotonic: 0, wall: startedAt.getTime() };
  return concludeDetached(
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
      env: process.env,
      kernel: { rate: 0 },
      writeReport,
    },
    claim,
    history,
    told,
  );
}

function requireResumable({ found: { run, owner, isIncomplete, where } }: FoundDetachedRun): void {
  if (!owner.self)
    throw new CndError('foreign-run', `run ${run} in ${where} belongs to ${owner.name}`, {
      about: run,
      hint: `watch it with: cnd attach ${run}`,
    });
  if (isIncomplete)
    throw new CndError(
      'nothing-to-resume',
      `run ${run} was never completely launched: none of its pods has begun`,
      {
        about: run,
        hint: `delete what there is of it with: cnd scram --run ${run}`,
      },
    );
}
