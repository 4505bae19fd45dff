import { type RunEvent, runEvent } from './event.ts';

/** Characters of the longest line that is read: the journal has no longer one. */
export const longestLine = 8 * 1024 * 1024;

/** What a reader of a journal is told of lines that are no events it knows. */
export interface UnreadLines {
  /** Events of a newer version of cnd. */
  unknown: number;
  /** Lines that are torn or damaged. */
  damaged: number;
  /** Lines that are longer than any of ours. */
  overlong: number;
}

/** What is counted before the first line. */
export function noneUnread(): UnreadLines {
  return { unknown: 0, damaged: 0, overlong: 0 };
}

/**
 * The events of a journal, of this version or an older one, in bounded memory. What cannot be read is counted in
 * `unread` and skipped: the last line of a run that was killed is torn.
 */
export async function* readJournal(
  chunks: AsyncIterable<string>,
  unread: UnreadLines = noneUnread(),
): AsyncGenerator<RunEvent> {
  for await (const line of lines(chunks, () => unread.overlong++)) {
    if (line === '') continue;
    const event = parseEvent(line);
    if (typeof event === 'object') yield event;
    else unread[event]++;
  }
}

/** One line of a journal. Pure. */
export function parseEvent(line: string): RunEvent | 'unknown' | 'damaged' {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'damaged';
  }
  const read = runEvent.safeParse(value);
  // The union is over exactly the events that the type names.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (read.success) return read.data as unknown as RunEvent;
  const isNewer = read.error.issues.some(({ code }) => code === 'invalid_union');
  return isNewer && isEventLike(value) ? 'unknown' : 'damaged';
}

function isEventLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string';
}

async function* lines(chunks: AsyncIterable<string>, onTooLong: () => void): AsyncGenerator<string> {
  let pending = '';
  let skipping = false;
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    pending += skipping ? '' : first;
    for (const next of others) {
      if (!skipping) yield pending;
      skipping = false;
      pending = next;
    }
    if (pending.length > longestLine) {
      onTooLong();
      pending = '';
      skipping = true;
    }
  }
  if (!skipping) yield pending;
}
