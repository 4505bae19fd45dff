import { Writable } from 'node:stream';

import { CndError } from '../error.ts';
import { replaceFileWith } from '../file.ts';
import { type Streams, nameOf, run } from './run.ts';
import type { ExecOptions, ExecResult, Exit, Saved } from './session.ts';

/**
 * Runs a command to its end, whatever its exit code. If it is stopped or late, its process is killed.
 *
 * @throws CndError `session-lost`, `session-aborted`, `session-timeout`, `session-output`, `session-channel`.
 */
export async function exec(
  session: Streams,
  command: string,
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { maxOutput = 1 << 20 } = options;
  const chunks: Buffer[] = [];
  let length = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      length += chunk.length;
      if (length <= maxOutput) chunks.push(chunk);
      callback(length <= maxOutput ? null : tooMuch(session, nameOf(command, options), maxOutput));
    },
  });
  const { exit, stderr } = await run(session, command, sink, options);
  return { ...exit, stdout: Buffer.concat(chunks), stderr };
}

/** Ends a command whose output is longer than what is wanted of it. */
class Enough extends Error {}

/**
 * Streams a command's stdout to a file of this user alone, which appears when the command has succeeded, or when its output has
 * reached `maxOutput`: then the file holds that many bytes, the command is killed and the rest is left.
 *
 * @throws CndError as `exec` and `succeeded` do; whatever writing throws.
 */
export async function save(
  session: Streams,
  command: string,
  path: string,
  { maxOutput = Number.POSITIVE_INFINITY, ...options }: ExecOptions = {},
): Promise<Saved> {
  return replaceFileWith(path, async (file) => {
    let bytes = 0;
    const sink = new Writable({
      async write(chunk: Buffer, _encoding, callback) {
        const part = chunk.subarray(0, Math.min(chunk.length, maxOutput - bytes));
        try {
          await file.writeFile(part);
        } catch (error) {
          return callback(error instanceof Error ? error : new Error(String(error)));
        }
        bytes += part.length;
        callback(part.length < chunk.length ? new Enough() : null);
      },
    });
    try {
      const { exit, stderr } = await run(session, command, sink, options);
      succeeded(session, nameOf(command, options), { ...exit, stderr });
      return { bytes, truncated: false };
    } catch (error) {
      if (error instanceof Enough) return { bytes, truncated: true };
      throw error;
    }
  });
}

/**
 * The result, if the command succeeded.
 *
 * @param name What the command is called in the error.
 * @throws CndError `session-exit` with the exit code or signal, and the last line of stderr, or else of stdout.
 */
export function succeeded<T extends Exit & { stderr: string; stdout?: Buffer }>(
  session: Streams,
  name: string,
  result: T,
): T {
  if (result.code === 0) return result;
  const how =
    result.signal === null ? `failed with exit code ${result.code}` : `was ended by ${result.signal}`;
  const said = lastLine(result.stderr) ?? lastLine(result.stdout?.toString() ?? '');
  const about = session.address;
  throw new CndError('session-exit', `${name} on ${about} ${how}${said === undefined ? '' : `: ${said}`}`, {
    about,
  });
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}

function tooMuch(session: Streams, name: string, maxOutput: number): CndError {
  const about = session.address;
  return new CndError('session-output', `${name} on ${about} wrote more than ${maxOutput} bytes`, { about });
}
