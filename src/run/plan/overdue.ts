import { type Fleet, type FoundRun } from '../../fleet/fleet.ts';
import { messageOf } from '../../error.ts';
import { isLiving } from '../../instance.ts';
import { plural } from '../../quantity.ts';
import { within } from '../../wait.ts';
import type { EventFields } from '../../event/event.ts';

/** Milliseconds that a start waits for it: it only informs. */
const timeout = 3000;

/** Warnings of runs that are past their expiry and still have instances: something kept them from being ended. */
export async function overdueWarnings(
  fleet: Fleet,
  now: number = Date.now(),
): Promise<EventFields['warning'][]> {
  const looking = within(timeout, fleet.find());
  let found: FoundRun[] | undefined;
  let reason = `no answer within ${timeout / 1000} s`;
  try {
    found = await looking;
  } catch (error) {
    // Whether a new run works is found out elsewhere.
    reason = messageOf(error);
  }
  if (!found) {
    const message = `earlier runs could not be checked: ${reason}`;
    return [{ message, hint: 'see what is running with: cnd ps' }];
  }
  return found.filter((run) => isOverdue(run, now)).map(overdueWarning);
}

/** Whether a run of the caller has instances after the time at which all of them should have powered off. Pure. */
export function isOverdue({ instances, expiresAt, owner }: FoundRun, now: number): boolean {
  const living = instances.some(isLiving);
  return living && owner?.self !== false && expiresAt !== undefined && expiresAt.getTime() < now;
}

function overdueWarning({ run, instances }: FoundRun): EventFields['warning'] {
  return {
    message: `run ${run} should have ended, and still has ${plural(instances.length, 'instance')}`,
    hint: `terminate them with: cnd scram --run ${run}`,
  };
}
