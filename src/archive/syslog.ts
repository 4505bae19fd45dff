import { buffer } from 'node:stream/consumers';
import { StringDecoder } from 'node:string_decoder';
import { constants, createGunzip } from 'node:zlib';
import { messageOf } from '../error.ts';
import type { Archive } from './archive.ts';

/** A longer line is cut into several: what an instance writes must not fill the memory. */
const longestLine = 64 * 1024;

/** The compressed bytes of an archived syslog; undefined, and `trouble` told, when they cannot be had. */
export async function readSyslog(
  archive: Archive,
  run: string,
  name: string,
  trouble: (reason: string) => void,
): Promise<Buffer | undefined> {
  try {
    const bytes = await buffer(await archive.open(run, name));
    if (bytes.length > 0) return bytes;
    trouble('is empty');
  } catch (error) {
    trouble(`cannot be read: ${messageOf(error)}`);
  }
  return undefined;
}

/**
 * The lines of a gzip-compressed syslog. One that is torn gives what was written before the tear, and `trouble` is told.
 */
export async function* syslogLines(bytes: Buffer, trouble: (reason: string) => void): AsyncGenerator<string> {
  // Without SYNC_FLUSH the end of a truncated file is an error that takes the last lines with it.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  gunzip.end(bytes);
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
    // A whole gzip file ends with the length of what it holds (RFC 1952, ISIZE).
    if (bytes.length < 18 || bytes.readUInt32LE(bytes.length - 4) !== length % 2 ** 32)
      trouble('is torn: it ends in the middle');
  } catch (error) {
    trouble(`is torn: ${messageOf(error)}`);
  }
  if (pending !== '') yield pending;
}
