import { makeRunFolder } from '../archive/directory-probe.ts';
import { messageOf } from '../error.ts';
import { whenAborted } from '../wait.ts';
import { removeRunState } from '../state/run-state.ts';
import { confirmLaunch } from './plan/confirmation.ts';
import { Checkpoints } from './record/checkpoint.ts';
import { RunContext, type RunInputs } from './context.ts';
import { Searching } from './searching.ts';
import { finish, record } from './finish.ts';
import { launch, undo } from './launch.ts';
import { emitPlan } from './plan/plan.ts';
import type { Ending } from './result.ts';

/**
 * One run, from start to scram, over any fleet: launch, search on each instance as soon as it is ready, stop at the
 * golden nonce, pull the syslogs, terminate everything within T, archive what is kept. Resolves with the exit code.
 */
export async function executeRun(inputs: RunInputs): Promise<number> {
  const { run, config, fleet, archive, clock, env, interrupts } = inputs;
  try {
    await makeRunFolder(config.logs.directory, run);
  } catch (error) {
    await removeRunState(run, env).catch(() => {}); // nothing has been created that it could tell of
    throw error;
  }
  // Node ends a process that waits for nothing but promises, also in the middle of its cleanup.
  const letGo = clock.every(60_000, () => {});
  const context = new RunContext(inputs);
  const { preflight, warnings, kernel, earlier } = inputs;
  const logs = archive.location(run);
  emitPlan(context.emit, { config, timing: fleet.timing, logs, kernel, preflight, earlier, warnings });
  await record(context);
  try {
    const limit = context.searchLimit();
    await confirmLaunch(inputs, AbortSignal.any([limit.signal, interrupts.first]));
    limit.cancel();
  } catch (error) {
    await discard(context);
    letGo();
    throw error;
  }

  const checkpoints = new Checkpoints(context);
  checkpoints.save();
  const { ending, searching } = await searchWithinTime(context, checkpoints);
  if (searching) {
    await whateverHappens(context, 'stopping the search', () => searching.stop(ending.kind));
    await whateverHappens(context, 'pulling the logs', () => searching.pullLogs());
  }
  const clean = await undo(context);
  await checkpoints.end();
  const exitCode = await finish(context, searching?.search, ending, clean);
  // Of what is left it tells whoever looks for it, with whatever credentials.
  if (context.left.length === 0)
    await whateverHappens(context, 'removing the live state', () => removeRunState(run, env));
  letGo();
  return exitCode;
}

/** Leaves nothing of a run that was not to be. Never rejects: the first error counts. */
async function discard({ journal, inputs }: RunContext): Promise<void> {
  const { run, archive, env } = inputs;
  await journal.close();
  await (archive.spool ?? archive).remove(run).catch(() => {});
  await removeRunState(run, env).catch(() => {});
}

/** Launches and searches until the search ends, time is up, or somebody asks. Never rejects. */
async function searchWithinTime(
  context: RunContext,
  checkpoints: Checkpoints,
): Promise<{ ending: Ending; searching?: Searching }> {
  const { interrupts, clock } = context.inputs;
  const limit = context.searchLimit();
  const stopMeasuring = context.releaseTime.watchLag(clock);
  const early = AbortSignal.any([limit.signal, interrupts.first]);
  let searching: Searching | undefined;
  const cutShort = (): Ending =>
    interrupts.cause
      ? { kind: 'interrupted', by: interrupts.cause }
      : { kind: 'time-limit', searched: searching?.search.searched ?? false };
  let ending: Ending;
  try {
    await launch(context, early);
    context.phases.begin('boot');
    searching = new Searching(context);
    checkpoints.follow(searching.search);
    checkpoints.save();
    ending = await Promise.race([searching.ended, whenAborted(early).then(cutShort)]);
  } catch (error) {
    ending = early.aborted ? cutShort() : { kind: 'failed', error };
  }
  limit.cancel();
  stopMeasuring();
  return { ending, ...(searching && { searching }) };
}

/** Nothing that goes wrong on the way to the cleanup may keep it from running. */
async function whateverHappens(context: RunContext, what: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    context.warn(`${what} failed: ${messageOf(error)}`);
  }
}
