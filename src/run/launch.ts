import { messageOf } from '../error.ts';
import type { Instance } from '../instance.ts';
import { writeRunState } from '../state/run-state.ts';
import type { RunContext } from './context.ts';
import { expiryOf, runNote } from './note.ts';
import { released } from './released.ts';
import { TerminationUnconfirmed, terminateAll } from '../fleet/terminate-all.ts';

/** Seconds for which termination is tried again at least, even when T is over. */
const minimumTimeout = 10;

/** Seconds for which it is tried again at most: whoever waits for the end of a run of a day must learn that it failed. */
const maximumTimeout = 600;

/**
 * Launches the instances of a run. Every undo is registered before what it undoes: a launch that is cut short, or whose
 * answer is lost, is cleaned up like any other.
 * @param kept Resolves once another process could clean up, too.
 */
export async function launch(
  context: RunContext,
  signal: AbortSignal,
  kept: () => Promise<void>,
): Promise<void> {
  const { inputs, cleanup, emit, phases } = context;
  const { run, config, fleet, broadcast } = inputs;
  const { grace } = fleet.timing;
  const expiresAt = expiryOf(context.startedAt(), config.timeLimit, fleet);

  // From now on something may have been created.
  await noteRun(context);
  await kept();
  cleanup.defer(`the ${broadcast.name} broadcast`, () => broadcast.close());
  await broadcast.open(run, signal);

  phases.begin('launch');
  emit('launch.started', { instances: config.instances });
  ownInstances(context);
  context.paid = { from: context.elapsed(), until: undefined };
  const launched = await fleet.launch(
    {
      run,
      count: config.instances,
      minimum: config.minimum,
      lifetime: context.untilTimeLimit(grace),
      expiresAt,
      replace: config.replace,
      notice: (message) => context.warn(message),
    },
    signal,
  );
  noteLaunched(context, launched);
  phases.begin('boot');
  const { length } = launched;
  if (length < config.instances) {
    context.warn(`only ${length} of ${config.instances} instances could be launched; the stride is adjusted`);
  }
}

/** What was launched is the run's to terminate, and told of. */
export function noteLaunched(context: RunContext, instances: readonly Instance[]): void {
  context.launched = [...context.launched, ...instances];
  for (const { index, id, type, zone } of instances) {
    context.known.add(id);
    context.emit('instance.launched', {
      instance: index,
      id,
      ...(type !== undefined && { type }),
      ...(zone !== undefined && { zone }),
    });
  }
}

/** Notes that this process drives the run. @throws CndError `state-unusable` */
export async function noteRun(context: RunContext): Promise<void> {
  const { run, fleet, config, env } = context.inputs;
  await writeRunState(runNote(run, fleet, config, context.startedAt()), env);
}

/** Whatever instances the run has, or will have, are terminated at its end. */
export function ownInstances(context: RunContext): void {
  const { run, fleet } = context.inputs;
  context.cleanup.defer('the resources of the instances', async () => {
    // Whoever has to terminate what is left will need it.
    if (context.left.length === 0) await fleet.dispose(run);
  });
  context.cleanup.defer('the instances', () => terminate(context));
}

/** Takes up what another process launched. @throws as `Fleet.recover`; that nothing is found then proves nothing */
export async function recover(context: RunContext, handle: unknown): Promise<void> {
  const { run, fleet } = context.inputs;
  try {
    await fleet.recover(run, handle, (message) => context.warn(message));
  } catch (error) {
    context.unrecovered = error;
    throw error;
  }
}

async function terminate(context: RunContext): Promise<void> {
  const { run, fleet, config } = context.inputs;
  const untilSwitch = context.untilTimeLimit(fleet.timing.grace);
  const timeout = Math.min(maximumTimeout, Math.max(minimumTimeout, untilSwitch));
  const known = context.launched.filter((instance) => !context.terminated.has(instance));
  context.emit('terminate.started', { instances: known.length, ...released(config) });
  try {
    const instances = await terminateAll(fleet, run, known, timeout, ({ message, remedy }) => {
      const hint = remedy === undefined ? {} : { hint: remedy };
      context.emit('warning', { message: `${message}; retrying`, ...hint });
    });
    if (instances.length === 0 && context.unrecovered !== undefined) throw context.unrecovered;
    context.paid = { ...context.paid, until: context.elapsed() };
    context.terminated.noteAll(instances);
  } catch (error) {
    context.terminated.close();
    context.left = error instanceof TerminationUnconfirmed && error.ids.length > 0 ? error.ids : [run];
    throw error;
  }
}

/** Undoes everything; true when all of it is confirmed. Never rejects. */
export async function undo({ cleanup, emit, phases }: RunContext): Promise<boolean> {
  phases.begin('terminate');
  const failures = await cleanup.run();
  for (const { name, error } of failures) emit('cleanup.failed', { what: name, reason: messageOf(error) });
  phases.end();
  return failures.length === 0;
}
