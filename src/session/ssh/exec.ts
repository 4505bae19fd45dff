import { open, rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';

import { CndError } from '../../error.ts';

import type { Exit } from './channel.ts';
import type { Connection } from './connection.ts';
import { target } from './failure.ts';
import { nameOf, run, type RunOptions } from './run.ts';

export interface ExecOptions extends RunOptions {
  /** Bytes of stdout that `exec` takes, by default 64 MiB; more is an error. */
  readonly maxOutput?: number;
}

/** How a command ended and what it said. Of a long stderr only the last 64 KiB are kept. */
export interface ExecResult extends Exit {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Runs a command to its end, whatever its exit code. If it is stopped or late, its process is killed.
 *
 * @throws CndError `ssh-lost`, `ssh-aborted`, `ssh-timeout`, `ssh-output`, `ssh-channel`.
 */
export async function exec(
  connection: Connection,
  command: string,
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { maxOutput = 64 << 20 } = options;
  const chunks: Buffer[] = [];
  let length = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      length += chunk.length;
      if (length <= maxOutput) chunks.push(chunk);
      callback(length <= maxOutput ? null : tooMuch(connection, nameOf(command, options), maxOutput));
    },
  });
  const { exit, stderr } = await run(connection, command, sink, options);
  return { ...exit, stdout: Buffer.concat(chunks), stderr };
}

/**
 * Streams a command's stdout to a writable, which is ended, or to a file, which appears only when it is whole.
 *
 * @returns The number of bytes.
 * @throws CndError as `exec` and `succeeded` do; whatever writing throws.
 */
export async function save(
  connection: Connection,
  command: string,
  destination: string | Writable,
  options: ExecOptions = {},
): Promise<number> {
  if (typeof destination !== 'string') {
    const { exit, stderr, bytes } = await run(connection, command, destination, options);
    succeeded(connection, nameOf(command, options), { ...exit, stderr });
    return bytes;
  }
  const part = `${destination}.part`;
  const file = await open(part, 'w');
  try {
    const bytes = await save(connection, command, file.createWriteStream(), options);
    await rename(part, destination);
    return bytes;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/**
 * The result, if the command succeeded.
 *
 * @param name What the command is called in the error.
 * @throws CndError `ssh-exit` with the exit code or signal, and the last line of stderr, or else of stdout.
 */
export function succeeded<T extends Exit & { stderr: string; stdout?: Buffer }>(
  connection: Connection,
  name: string,
  result: T,
): T {
  if (result.code === 0) return result;
  const how =
    result.signal === null ? `failed with exit code ${result.code}` : `was ended by ${result.signal}`;
  const said = lastLine(result.stderr) ?? lastLine(result.stdout?.toString() ?? '');
  const about = target(connection.access);
  throw new CndError('ssh-exit', `${name} on ${about} ${how}${said === undefined ? '' : `: ${said}`}`, {
    about,
  });
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}

function tooMuch(connection: Connection, name: string, maxOutput: number): CndError {
  const about = target(connection.access);
  return new CndError('ssh-output', `${name} on ${about} wrote more than ${maxOutput} bytes`, { about });
}
