import { createReadStream } from 'node:fs';
import { isMissing } from '../../error.ts';
import type { RunEvent } from '../../event/event.ts';
import { readJournal } from '../../event/journal-reader.ts';
import type { View } from '../../event/view.ts';

/** What a view needs to show a run from the middle on; of each kind and instance the last. */
const shown = new Set<RunEvent['event']>([
  'run.planned',
  'run.preflight',
  'instance.launched',
  'instance.running',
  'instance.searching',
  'instance.lost',
  'instance.terminated',
  'hit',
]);

/**
 * Reads what earlier controllers of a run said of it: all of it for `history`, for the views enough to go on.
 * @returns How the run ended, where only its live state was not removed any more.
 * @throws the error of the file system, unless there is no journal.
 */
export async function recall(
  path: string,
  history: View,
  views: readonly View[],
): Promise<Extract<RunEvent, { event: 'run.ended' }> | undefined> {
  let ended: Extract<RunEvent, { event: 'run.ended' }> | undefined;
  const last = new Map<string, RunEvent>();
  try {
    for await (const event of readJournal(createReadStream(path, 'utf8') as AsyncIterable<string>)) {
      history.show(event);
      if (event.event === 'run.ended') ended = event;
      if (!shown.has(event.event)) continue;
      const key = `${event.event} ${'instance' in event ? event.instance : ''}`;
      last.delete(key);
      last.set(key, event);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  for (const event of last.values()) for (const view of views) view.show(event);
  return ended;
}
