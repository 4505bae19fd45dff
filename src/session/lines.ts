/** Bounds of `lines`. */
export interface LineOptions {
  /** The longest line that is kept, in bytes without its newline; longer ones are dropped. */
  readonly maxLength?: number;
  /** Told the length in bytes of each line that was dropped. */
  readonly onOverlong?: (length: number) => void;
  /** Asked, with the length in bytes of what has come, whether to read on: else the lines are over. */
  readonly readsOn?: (length: number) => boolean;
}

const newline = 0x0a;

/**
 * The complete lines of a byte stream, without their newlines, as UTF-8 (bad bytes become U+FFFD).
 *
 * What follows the last newline is not a line: it is what a process was writing when it died. Memory stays within
 * `maxLength` and one chunk. Leaving the loop early destroys the stream, which closes the channel it belongs to.
 */
export async function* lines(
  stream: AsyncIterable<Buffer | string>,
  { maxLength = 1 << 20, onOverlong, readsOn }: LineOptions = {},
): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    // Split at the byte, decode afterwards: a character cut by a chunk's border is whole again by then.
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (readsOn && !readsOn(bytes.length)) return;
    let from = 0;
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
      length += at - from;
      if (length > maxLength) onOverlong?.(length);
      else if (parts.length === 0) yield bytes.toString('utf8', from, at);
      else yield Buffer.concat([...parts, bytes.subarray(from, at)]).toString();
      parts = [];
      length = 0;
      from = at + 1;
    }
    length += bytes.length - from;
    if (length > maxLength) parts = [];
    else if (from < bytes.length) parts.push(bytes.subarray(from));
  }
}
