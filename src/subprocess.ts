import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from './error.ts';
import { onceAborted } from './wait.ts';

/** Milliseconds between SIGTERM and SIGKILL. */
const killDelay = 250;

/** How long a program may run, and how much it may say. */
export interface OutputOptions {
  /** Milliseconds. */
  readonly timeout: number;
  /** Ends it early: the program is killed and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** By default that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Bytes of stdout, by default 1 MiB. */
  readonly maxOutput?: number;
}

/** A program took longer than it may. */
export class LateError extends Error {
  /** @param timeout Milliseconds that it had. */
  constructor(timeout: number) {
    super(`timed out after ${timeout / 1000} s`);
  }
}

/**
 * Runs a program without input to its end and resolves with its stdout. It gets a process group of its own, which is
 * killed as a whole when the program is late or the signal aborts: with SIGTERM, then SIGKILL. Nobody waits for a program
 * that ignores both, nor for a grandchild that keeps its output open.
 * @throws LateError; Error when it cannot be started, fails, or says too much.
 */
export function outputOf(
  program: string,
  args: readonly string[],
  { timeout, signal, env = process.env, maxOutput = 1 << 20 }: OutputOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(asError(signal.reason));
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env });
    const chunks: Buffer[] = [];
    let length = 0;
    let stderr = '';
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      off();
      act();
    };
    const giveUp = (error: Error): void => {
      killGroup(child);
      child.stdout.destroy();
      child.stderr.destroy();
      settle(() => reject(error));
    };
    const timer = setTimeout(() => giveUp(new LateError(timeout)), timeout);
    const off = onceAborted(signal, () => giveUp(asError(signal?.reason)));
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxOutput) chunks.push(chunk);
      else giveUp(new Error(`wrote more than ${maxOutput} bytes`));
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)));
    child.on('error', (error) => settle(() => reject(error)));
    child.on('close', (code, killedBy) => {
      settle(() => {
        if (code === 0) return resolve(Buffer.concat(chunks).toString());
        const how = killedBy === null ? `exit code ${code}` : killedBy;
        const words = stderr.trim().split('\n').at(-1) ?? '';
        reject(new Error(`failed with ${how}${words === '' ? '' : `: ${words}`}`));
      });
    });
  });
}

/** Ends a child that was spawned `detached`, and everything in its process group: SIGTERM, and SIGKILL a moment later. */
export function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  const send = (name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch {
      // it has ended
    }
  };
  send('SIGTERM');
  // Also when cnd exits before that.
  const kill = (): void => {
    clearTimeout(timer);
    process.off('exit', kill);
    send('SIGKILL');
  };
  const timer = setTimeout(kill, killDelay);
  process.on('exit', kill);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(messageOf(reason));
}
