import { CndError, messageOf } from '../../error.ts';
import type { RunContext } from '../context.ts';
import { noteRun, ownInstances, recover } from '../launch.ts';
import type { ContinuedRun } from './continued-run.ts';

/**
 * Takes up what another controller launched: everything of it is this process's to undo from here on, and its instances can
 * be reached again.
 * @throws CndError when nothing had been launched so far as that can be known, or cannot be reached any more.
 */
export async function rejoin(
  context: RunContext,
  { snapshot }: ContinuedRun,
  signal: AbortSignal,
): Promise<void> {
  const { inputs, cleanup } = context;
  const { run, broadcast } = inputs;
  const { launch, paidFrom } = snapshot;
  context.paid = { from: paidFrom, until: undefined };
  cleanup.defer(`the ${broadcast.name} broadcast`, () => broadcast.close());
  broadcast.recover?.(run);
  ownInstances(context);
  if (!launch) {
    await recover(context, undefined);
    await noteRun(context);
    throw new CndError(
      'launch-interrupted',
      'the controller was killed while it launched instances: nothing was searched, and what there is is terminated',
    );
  }
  context.launched = launch.instances.map(({ threads, ...instance }) => {
    return { ...instance, state: 'pending', ...(threads !== undefined && { threads }) };
  });
  for (const { id } of launch.instances) context.known.add(id);
  await recover(context, launch.handle);
  await noteRun(context);
  // Without it instances are told over SSH: it does not end what is under way.
  await broadcast.open(run, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    context.warn(`${messageOf(error)}; the controller notifies its instances directly`);
  });
}
