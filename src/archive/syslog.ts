import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { constants, createGunzip } from 'node:zlib';
import { messageOf } from '../error.ts';
import type { Archive, ArchiveEntry } from './archive.ts';

/** A longer line is cut into several: what an instance writes must not fill the memory. */
const longestLine = 64 * 1024;

/** Compressed bytes of a syslog that is held in memory until its turn comes; a longer one keeps its file or request open. */
const mostHeld = 1 << 20;

/** The compressed bytes of an archived syslog, or where they come from. */
export type SyslogSource = Buffer | Readable;

/**
 * Opens an archived syslog; undefined, with a call of `onError`, when it cannot be read. A short one is read at once: there may be
 * a thousand.
 */
export async function openSyslog(
  archive: Archive,
  run: string,
  { name, bytes }: ArchiveEntry,
  onError: (reason: string) => void,
): Promise<SyslogSource | undefined> {
  try {
    const stream = await archive.open(run, name);
    if (bytes > mostHeld) return stream;
    const held = await buffer(stream);
    if (held.length > 0) return held;
    onError('is empty');
  } catch (error) {
    onError(`cannot be read: ${messageOf(error)}`);
  }
  return undefined;
}

/**
 * The lines of a gzip-compressed syslog, in bounded memory, however long they are and whatever it decompresses to. One that
 * is torn gives what was written before the tear, and `onError` is called.
 */
export async function* syslogLines(
  source: SyslogSource,
  onError: (reason: string) => void,
): AsyncGenerator<string> {
  // Without SYNC_FLUSH the end of a truncated file is an error that takes the last lines with it.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  const trailer = new Trailer();
  // An error of the source is one of what is read below.
  pipeline(trailer.of(source), gunzip).catch(() => {});
  const decoder = new StringDecoder('utf8');
  let pending = '';
  let length = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      length += chunk.length;
      const lines = (pending + decoder.write(chunk)).split('\n');
      pending = lines.pop() ?? '';
      yield* lines;
      if (pending.length > longestLine) {
        yield pending;
        pending = '';
      }
    }
    if (!trailer.fits(length)) onError('is truncated: it ends in the middle');
  } catch (error) {
    onError(`is torn: ${messageOf(error)}`);
  }
  if (pending !== '') yield pending;
}

/** The end of a gzip file, as its bytes go by. */
class Trailer {
  #bytes = Buffer.alloc(0);
  #total = 0;

  async *of(source: SyslogSource): AsyncGenerator<Buffer> {
    const chunks: AsyncIterable<Buffer> | Buffer[] = Buffer.isBuffer(source) ? [source] : source;
    for await (const chunk of chunks) {
      this.#total += chunk.length;
      this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(-4)]).subarray(-4);
      yield chunk;
    }
  }

  /** A whole gzip file ends with the length of what it holds (RFC 1952, ISIZE). */
  fits(length: number): boolean {
    return this.#total >= 18 && this.#bytes.readUInt32LE(0) === length % 2 ** 32;
  }
}
