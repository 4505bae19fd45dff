import type { RunEvent } from '../../event/event.ts';
import { plainLine } from '../plain-line.ts';
import type { Style } from './span.ts';

/** Events that stay on the screen as lines above the live area, and how they look. */
const styles: Partial<Record<RunEvent['event'], Style | 'plain'>> = {
  'run.planned': 'plain',
  warning: 'yellow',
  'instance.error': 'yellow',
  'instance.lost': 'red',
  'instance.adopted': 'plain',
  hit: 'green',
  'hit.rejected': 'yellow',
  'logs.missing': 'yellow',
  'run.interrupted': 'bold',
  'cleanup.failed': 'red',
};

/** Too frequent to be lines, also for who wants to know more: the live area shows them. */
const live: ReadonlySet<RunEvent['event']> = new Set(['instance.progress', 'run.progress']);

/** The line that an event leaves on the screen, or undefined. Pure. */
export function permanentLine(
  event: RunEvent,
  verbose: boolean,
): { readonly text: string; readonly style: Style | 'plain' } | undefined {
  const style = styles[event.event] ?? (isTelling(event, verbose) ? 'plain' : undefined);
  const text = style === undefined ? undefined : plainLine(event, verbose);
  return style === undefined || text === undefined ? undefined : { text, style };
}

function isTelling(event: RunEvent, verbose: boolean): boolean {
  if (event.event === 'search.stopped') return verbose || event.unconfirmed.length > 0;
  return verbose && !live.has(event.event);
}
