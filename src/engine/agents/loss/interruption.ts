import { CndError } from '../../../error.ts';
import type { Instance } from '../../../instance.ts';
import type { AgentMessage } from '../agent-message.ts';
import type { WorkerContext } from '../worker-context.ts';

/**
 * EC2 has told an instance that it is about to be interrupted, which its agent passes on, and stops by itself: another may be
 * launched in its place at once.
 */
export function noteInterruption(
  instance: Instance,
  { action, time }: Extract<AgentMessage, { event: 'interruption' }>,
  { emit, replace }: Pick<WorkerContext, 'emit' | 'replace'>,
): void {
  emit('instance.interrupted', { instance: instance.index, action, time });
  replace({ ...instance, endedBy: 'service' });
}

/** Why its part of the search is over. */
export function interrupted(): CndError {
  return new CndError('instance-interrupted', 'EC2 is interrupting its Spot Instance');
}
