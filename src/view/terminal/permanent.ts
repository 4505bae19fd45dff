import type { EventName, RunEvent } from '../../event/event.ts';
import type { PuzzleFields } from '../../puzzle/verify-command.ts';
import { plainLine } from '../plain-line.ts';
import type { Style } from './span.ts';

/** How an event leaves a line above the live area: so styled, only for who wants every step, or never. */
const looks: Readonly<Record<EventName, Style | 'plain' | 'verbose' | 'never'>> = {
  'run.planned': 'plain',
  'run.resumed': 'bold',
  'run.preflight': 'plain',
  warning: 'yellow',
  'launch.started': 'plain',
  'instance.launched': 'verbose',
  'instance.running': 'verbose',
  'instance.waiting': 'verbose',
  'instance.connected': 'verbose',
  'instance.armed': 'verbose',
  'instance.uploaded': 'verbose',
  'instance.searching': 'verbose',
  'search.all': 'verbose',
  // Too frequent to be lines, also for who wants to know more: the live area shows them.
  'instance.progress': 'never',
  'run.progress': 'never',
  'instance.idle': 'verbose',
  'instance.adopted': 'plain',
  'instance.released': 'verbose',
  'instance.error': 'yellow',
  hit: 'green',
  'hit.rejected': 'yellow',
  broadcast: 'verbose',
  'instance.stopped': 'verbose',
  'search.stopped': 'verbose',
  'instance.lost': 'red',
  'instance.discredited': 'yellow',
  'instance.disconnected': 'yellow',
  'instance.reconnected': 'plain',
  'instance.interrupted': 'yellow',
  'instance.replaced': 'plain',
  'logs.pulled': 'verbose',
  'logs.missing': 'yellow',
  'terminate.started': 'verbose',
  'instance.terminated': 'verbose',
  'archive.started': 'verbose',
  'logs.archived': 'verbose',
  'archive.pruned': 'plain',
  'run.interrupted': 'bold',
  'cleanup.failed': 'red',
  'output.dropped': 'verbose',
  'run.ended': 'never',
};

/** The line that an event leaves on the screen, or undefined. Pure. */
export function permanentLine(
  event: RunEvent,
  verbose: boolean,
  instances: readonly number[] = [],
  puzzle?: PuzzleFields,
): { readonly text: string; readonly style: Style | 'plain' } | undefined {
  const style = lookOf(event, verbose);
  const text = style === undefined ? undefined : plainLine(event, verbose, instances, puzzle);
  return style === undefined || text === undefined ? undefined : { text, style };
}

function lookOf(event: RunEvent, verbose: boolean): Style | 'plain' | undefined {
  // A journal of a newer version may hold others.
  const look = looks[event.event] ?? 'never';
  if (event.event === 'search.stopped' && event.unconfirmed.length > 0) return 'plain';
  if (look === 'never') return undefined;
  if (look === 'verbose') return verbose ? 'plain' : undefined;
  return look;
}
