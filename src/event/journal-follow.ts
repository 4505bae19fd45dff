import { type FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { isMissing } from '../error.ts';
import { openFile } from '../file.ts';
import { pause } from '../wait.ts';

/** Milliseconds between two looks whether a file has grown: watching it would tell nothing on network file systems. */
const interval = 100;

/**
 * The text of a file as it grows, also of one that is not there yet, and of one that is removed after it was opened. It ends
 * when the signal aborts, or once `isOver` has said that nobody writes to it any more and what was written until then is read.
 * A character that is torn by the end of the file waits for its rest.
 * @throws UnsafeFile for what is no regular file; the error of the file system.
 */
export async function* followFile(
  path: string,
  isOver: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(65_536);
  let file: FileHandle | undefined;
  let isLast = false;
  try {
    while (!signal.aborted) {
      file ??= await openIfThere(path);
      const { bytesRead = 0 } = (await file?.read(buffer)) ?? {};
      if (bytesRead > 0) yield decoder.write(buffer.subarray(0, bytesRead));
      else if (isLast) break;
      else {
        isLast = await isOver();
        if (!isLast) await pause(interval, signal);
      }
    }
    yield decoder.end();
  } finally {
    await file?.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await openFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
