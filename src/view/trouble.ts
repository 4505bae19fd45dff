import type { RunEvent } from '../event/event.ts';

const troubles: ReadonlySet<RunEvent['event']> = new Set([
  'warning',
  'instance.error',
  'instance.lost',
  'hit.rejected',
  'logs.missing',
  'cleanup.failed',
]);

/** Whether an event is a warning or an error: what `--quiet` still shows. Pure. */
export function isTrouble(event: RunEvent): boolean {
  return troubles.has(event.event);
}
