import type { RunEvent } from '../event/event.ts';

/** An event as `--json` writes it, one line. Pure. */
export function eventJson(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}
