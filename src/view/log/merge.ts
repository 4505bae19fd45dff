import { lineTime, zoneOffset } from './time.ts';

/** A line of a syslog with the time it is sorted by, in milliseconds since the epoch. */
export interface TimedLine {
  readonly time: number;
  readonly line: string;
}

/** The lines of one instance's syslog. */
export interface LogSource {
  readonly instance: number;
  readonly lines: AsyncIterable<string>;
}

/** Lines looked at for one that names the run: what a machine writes while it boots comes first. */
const lookahead = 2000;

/** Characters of them at most: a line may be long. */
const longestLookahead = 256 * 1024;

/**
 * Lines with their times. Within a syslog the order is never changed: a line without a time, or with one that went back,
 * takes the time of the line before it. The zone of a machine that does not say one is told by the first line that names
 * the run, which is written soon after `start`.
 */
export async function* timed(
  lines: AsyncIterable<string>,
  run: string,
  start: number,
): AsyncGenerator<TimedLine> {
  const head: string[] = [];
  let length = 0;
  let offset: number | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const stamp = (line: string): TimedLine => {
    const time = lineTime(line, start);
    if (time) last = Math.max(last, time.zoned ? time.ms : time.ms - (offset ?? 0));
    return { time: last, line };
  };
  for await (const line of lines) {
    if (offset !== undefined) {
      yield stamp(line);
      continue;
    }
    head.push(line);
    length += line.length;
    if (!line.includes(run) && head.length < lookahead && length < longestLookahead) continue;
    offset = offsetOf(line, start) ?? offsetOf(head[0] ?? '', start) ?? 0;
    yield* head.splice(0).map(stamp);
  }
  offset ??= offsetOf(head[0] ?? '', start) ?? 0;
  yield* head.map(stamp);
}

function offsetOf(line: string, start: number): number | undefined {
  const time = lineTime(line, start);
  return time && !time.zoned ? zoneOffset(time.ms, start) : undefined;
}

/** The lines of all syslogs in the order of their times; at the same time, by instance. */
export async function* mergeByTime(
  sources: readonly LogSource[],
  run: string,
  start: number,
): AsyncGenerator<{ readonly instance: number; readonly line: string }> {
  const readers = sources.map(({ instance, lines }) => ({
    instance,
    next: timed(lines, run, start)[Symbol.asyncIterator](),
  }));
  const heads: { instance: number; next: AsyncIterator<TimedLine>; head: TimedLine }[] = [];
  for (const reader of readers) {
    const { value, done } = await reader.next.next();
    if (!done) heads.push({ ...reader, head: value });
  }
  try {
    while (heads.length > 0) {
      const earliest = heads.reduce((a, b) => (b.head.time < a.head.time ? b : a));
      yield { instance: earliest.instance, line: earliest.head.line };
      const { value, done } = await earliest.next.next();
      if (done) heads.splice(heads.indexOf(earliest), 1);
      else earliest.head = value;
    }
  } finally {
    // A reader that leaves early: files and requests are closed.
    for (const { next } of heads) await next.return?.(undefined);
  }
}
