import { makeRunFolder } from '../archive/directory-probe.ts';
import { removeRunState } from '../state/run-state.ts';
import { messageOf } from '../error.ts';
import type { RunEvent } from '../event/event.ts';
import { exitCodes } from '../event/outcome.ts';
import { conduct } from './conduct.ts';
import { confirmLaunch } from './plan/confirmation.ts';
import { RunContext, type RunInputs } from './context.ts';
import { finishEnded, record } from './finish.ts';
import { launch, ownInstances, recover, undo } from './launch.ts';
import { expiryOf } from './note.ts';
import { emitPlan } from './plan/plan.ts';
import { recall } from './resume/recall.ts';
import { removePartialFiles } from './resume/partial-file.ts';
import { rejoin } from './resume/rejoin.ts';
import type { ContinuedRun } from './resume/continued-run.ts';

/**
 * One run, from start to scram, over any fleet: launch, search on each instance as soon as it is ready, stop at the
 * golden nonce, pull the syslogs, terminate everything within T, archive what is kept. Resolves with the exit code.
 */
export async function executeRun(inputs: RunInputs): Promise<number> {
  const { run, config, env } = inputs;
  try {
    await makeRunFolder(config.logs.directory, run);
  } catch (error) {
    await removeRunState(run, env).catch(() => {}); // nothing has been created that it could tell of
    throw error;
  }
  return keptAlive(inputs, async () => {
    const context = new RunContext(inputs);
    await plan(context);
    return conduct(context, (signal, kept) => launch(context, signal, kept));
  });
}

/** A run that another process began, from where it stands to its end, within the same T. Resolves with the exit code. */
export async function continueRun(inputs: RunInputs, continued: ContinuedRun): Promise<number> {
  return keptAlive(inputs, async () => {
    const context = new RunContext({ ...inputs, continued });
    const { journal, history, emit, folder } = context;
    await removePartialFiles(folder).catch((error: unknown) => {
      context.warn(`unfinished files in ${folder} cannot be removed: ${messageOf(error)}`);
    });
    let ended: Extract<RunEvent, { event: 'run.ended' }> | undefined;
    try {
      ended = await recall(journal.path, history, continued.recalling);
    } catch (error) {
      context.warn(`what the journal told so far cannot be read: ${messageOf(error)}`);
    }
    if (ended) return conclude(context, ended);
    const elapsed = context.elapsed();
    const away = elapsed - continued.snapshot.time.elapsed;
    emit('run.resumed', { elapsed, away, epoch: continued.epoch, by: continued.by });
    await record(context);
    return conduct(context, (signal) => rejoin(context, continued, signal));
  });
}

/** Of a run that has ended and said so, what its controller could not do any more: it was killed. */
async function conclude(
  context: RunContext,
  ended: Extract<RunEvent, { event: 'run.ended' }>,
): Promise<number> {
  const { journal, cleanup, inputs } = context;
  const { run, env, broadcast, continued } = inputs;
  // Its last event has been written.
  await journal.close();
  if (ended.exitCode === exitCodes.cleanupUnconfirmed) {
    cleanup.defer(`the ${broadcast.name} broadcast`, () => broadcast.close());
    broadcast.recover?.(run);
    ownInstances(context);
    await recover(context, continued?.snapshot.launch?.handle).catch((error: unknown) => {
      context.warn(messageOf(error));
    });
  }
  const clean = await undo(context);
  const exitCode = await finishEnded(context, ended, clean);
  if (clean)
    await removeRunState(run, env).catch((error: unknown) => {
      context.warn(`removing the live state failed: ${messageOf(error)}`);
    });
  return exitCode;
}

/** Node ends a process that waits for nothing but promises, also in the middle of its cleanup. */
async function keptAlive({ clock }: Pick<RunInputs, 'clock'>, task: () => Promise<number>): Promise<number> {
  const letGo = clock.every(60_000, () => {});
  try {
    return await task();
  } finally {
    letGo();
  }
}

/** Tells what is going to be done, and has it confirmed where it is to be. @throws UsageError, with nothing left of the run. */
async function plan(context: RunContext): Promise<void> {
  const { inputs, emit } = context;
  const { run, config, fleet, archive, interrupts, preflight, earlier, chosen, warnings, kernel } = inputs;
  const logs = archive.location(run);
  emitPlan(emit, { config, timing: fleet.timing, logs, kernel, preflight, earlier, chosen, warnings });
  await record(context);
  const limit = context.searchLimit();
  try {
    await confirmLaunch(inputs, AbortSignal.any([limit.signal, interrupts.first]));
    const expiresAt = expiryOf(context.startedAt(), config.timeLimit, fleet);
    await inputs.onLaunch?.({ by: run, expiresAt }, (message) => context.warn(message));
  } catch (error) {
    await discard(context);
    throw error;
  } finally {
    limit.cancel();
  }
}

/** Leaves nothing of a run that was not to be. Never rejects: the first error counts. */
async function discard({ journal, inputs }: RunContext): Promise<void> {
  const { run, archive, env } = inputs;
  await journal.close();
  await (archive.spool ?? archive).remove(run).catch(() => {});
  await removeRunState(run, env).catch(() => {});
}
