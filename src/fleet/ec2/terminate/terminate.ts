import type { EC2 } from '@aws-sdk/client-ec2';
import { awsErrorKind, legible } from '../../../aws/failure.ts';
import { messageOf } from '../../../error.ts';
import type { InstanceState } from '../../../instance.ts';
import { stateOf } from '../find/describe.ts';

/** TerminateInstances takes at most so many ids (API_TerminateInstances). */
const mostPerCall = 1000;

/** Milliseconds of one attempt: there must be time for another before T. */
const attemptTimeout = 5000;

/** So many refusals are no longer about single instances: the caller may terminate nothing. */
const mostRefusals = 20;

/** What EC2 said of each id: its state, or why it was not terminated. */
export interface Terminated {
  readonly states: ReadonlyMap<string, InstanceState>;
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * Terminates instances in as few calls as can be. EC2 refuses a call whole for one bad id or one protected instance
 * (API_TerminateInstances): then each half is tried by itself, until the refusal is of that one alone.
 * Ids that EC2 does not know are in neither map.
 * @throws whatever keeps any call from working: then nothing is known of the rest.
 */
export async function terminateInstances(ec2: EC2, ids: readonly string[]): Promise<Terminated> {
  const states = new Map<string, InstanceState>();
  const refused = new Map<string, string>();
  const terminate = async (batch: readonly string[]): Promise<void> => {
    if (batch.length === 0) return;
    try {
      const { TerminatingInstances = [] } = await ec2.terminateInstances(
        { InstanceIds: [...batch] },
        { requestTimeout: attemptTimeout },
      );
      for (const { InstanceId, CurrentState } of TerminatingInstances) {
        if (InstanceId !== undefined) states.set(InstanceId, stateOf(CurrentState?.Name));
      }
    } catch (error) {
      const unknown = unknownIds(error, batch);
      if (unknown.length > 0) return terminate(batch.filter((id) => !unknown.includes(id)));
      if (!isRefusal(error) || refused.size >= mostRefusals) throw error;
      // Two single ones that the caller may not terminate, and none that they may: it is not about instances.
      if (awsErrorKind(error) === 'denied' && refused.size >= 2 && states.size === 0) throw error;
      const [only] = batch;
      if (batch.length === 1 && only !== undefined) return void refused.set(only, legible(error));
      const half = Math.ceil(batch.length / 2);
      await terminate(batch.slice(0, half));
      await terminate(batch.slice(half));
    }
  };
  for (let at = 0; at < ids.length; at += mostPerCall) await terminate(ids.slice(at, at + mostPerCall));
  return { states, refused };
}

/** The ids that an error says do not exist. */
function unknownIds(error: unknown, batch: readonly string[]): string[] {
  if (!(error instanceof Error) || !error.name.startsWith('InvalidInstanceID')) return [];
  return batch.filter((id) => error.message.includes(id));
}

/** About some of the instances, not about the caller or the service. */
function isRefusal(error: unknown): boolean {
  const errorKind = awsErrorKind(error);
  // A policy may allow to terminate only what carries certain tags: denied for one, allowed for the others.
  return errorKind === undefined || (errorKind === 'denied' && messageOf(error) !== '');
}
