import { messageOf } from '../../../error.ts';
import { pause } from '../../../wait.ts';
import type { Ec2Api } from '../api.ts';
import type { Ec2Settings } from '../schema.ts';
import { letIn, sshPermission } from './group.ts';
import type { LaunchState } from './launch-state.ts';
import { sshSource } from './ssh-source.ts';

/** Milliseconds: until a session that is not there yet is taken for one that is kept out; between two looks. */
const interval = 5000;

/** What is let in, and where. */
export interface IngressUpdate {
  readonly api: Ec2Api;
  readonly settings: Ec2Settings;
  readonly launchState: Pick<LaunchState, 'group' | 'notice' | 'ingressUpdate'>;
}

/** Makes a session, and lets this machine in anew as long as that takes. */
export async function withIngressUpdates<T>(
  ingressUpdate: IngressUpdate,
  signal: AbortSignal,
  connecting: Promise<T>,
): Promise<T> {
  const over = new AbortController();
  void updateIngress(ingressUpdate, AbortSignal.any([signal, over.signal]));
  return connecting.finally(() => over.abort());
}

/**
 * As long as a session cannot be made: looks up this machine's address again, and lets it in to the run's own group when it
 * is another one, as for a laptop that has changed networks. Does nothing where the group, or the address, was given.
 * Ends with the signal; never rejects.
 */
async function updateIngress(ingressUpdate: IngressUpdate, signal: AbortSignal): Promise<void> {
  const { settings, launchState } = ingressUpdate;
  // The address of a jump host does not change with that of this machine.
  if (settings.sshFrom !== 'auto' || settings.jump || !launchState.group) return;
  for (;;) {
    await pause(interval, signal);
    if (signal.aborted) return;
    // All instances of a run are lost at once: one look is for all of them.
    launchState.ingressUpdate ??= allowSource(ingressUpdate, signal).finally(
      () => (launchState.ingressUpdate = undefined),
    );
    await launchState.ingressUpdate;
  }
}

async function allowSource(
  { api, settings, launchState }: IngressUpdate,
  signal: AbortSignal,
): Promise<void> {
  const { group, notice } = launchState;
  if (!group) return;
  let source = '';
  try {
    source = await sshSource(settings, signal);
    if (group.sources.has(source)) return;
    const permission = sshPermission(source, 'this machine, at another address');
    await letIn(await api.ec2(), group.id, permission, signal);
  } catch (error) {
    // While there is no network there is no address either: it is looked for again.
    if (source === '' || signal.aborted) return;
    return notice(
      `${source}, the new address of this machine, cannot be allowed for SSH: ${messageOf(error)}`,
    );
  }
  group.sources.add(source);
  notice(`this machine's address has changed: SSH is now also allowed from ${source}`);
}
