import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { boundedText } from '../text.ts';

/** The most that a configuration file holds, in bytes: a list of a thousand hosts is a tenth of it. */
const most = 1 << 20;

/**
 * The text of a file, or of a pipe such as the shell's `<(…)`, without ever blocking a thread: one that waits in open(2) or
 * read(2) for the writer of a pipe hears no signal and keeps the process from exiting.
 * @throws Error when it cannot be read, is neither, is too long, or `signal` aborts first.
 */
export async function readText(path: string, signal: AbortSignal): Promise<string> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  let isPipe = false;
  try {
    const stats = fstatSync(file);
    isPipe = stats.isFIFO();
    // The pipe's socket closes the file.
    if (isPipe) {
      const pipe = new Socket({ fd: file, readable: true, writable: false, signal });
      return await boundedText(pipe, most, tooLong);
    }
    if (stats.isDirectory()) throw new Error('it is a directory');
    if (!stats.isFile()) throw new Error('it is neither a file nor a pipe');
    return readWhole(file);
  } finally {
    if (!isPipe) closeSync(file);
  }
}

function readWhole(file: number): string {
  const buffer = Buffer.alloc(most + 1);
  let length = 0;
  for (;;) {
    const bytes = readSync(file, buffer, length, buffer.length - length, null);
    length += bytes;
    if (length > most) throw tooLong();
    if (bytes === 0) return buffer.toString('utf8', 0, length);
  }
}

function tooLong(): Error {
  return new Error(`it is longer than ${most} bytes`);
}
