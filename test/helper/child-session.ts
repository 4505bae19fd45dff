import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { CndError } from '../../src/error.ts';
import { exec, save, succeeded } from '../../src/session/exec.ts';
import { lost } from '../../src/session/lost.ts';
import { nameOf } from '../../src/session/run.ts';
import type {
  Bounds,
  Channel,
  ExecOptions,
  ExecResult,
  Exit,
  RemoteSignal,
  Saved,
  Session,
} from '../../src/session/session.ts';

/** Where and how commands are run. */
export interface ChildSessionOptions {
  readonly address: string;
  /** Where a login starts. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A session without SSH: its commands are child processes, each the leader of a process group. */
export class ChildSession implements Session {
  readonly address: string;
  readonly closed: Promise<CndError | undefined>;
  readonly #options: ChildSessionOptions;
  #end: (reason: CndError | undefined) => void = () => {};
  #over: CndError | true | undefined;

  constructor(options: ChildSessionOptions) {
    this.address = options.address;
    this.#options = options;
    this.closed = new Promise((resolve) => (this.#end = resolve));
    void this.closed.then((reason) => (this.#over = reason ?? true));
  }

  exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this, command, options);
  }

  async run(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return succeeded(this, nameOf(command, options), await this.exec(command, options));
  }

  save(command: string, path: string, options: ExecOptions = {}): Promise<Saved> {
    return save(this, command, path, options);
  }

  stream(command: string, { signal }: Bounds = {}): Promise<Channel> {
    if (this.#over) return Promise.reject(lost(this.address));
    if (signal?.aborted)
      return Promise.reject(new CndError('session-aborted', 'starting a command was stopped'));
    const { directory, env } = this.#options;
    const child = spawn('/bin/sh', ['-c', command], { cwd: directory, env, detached: true });
    return Promise.resolve(channelOf(child, this.closed));
  }

  async close(): Promise<void> {
    this.#end(undefined);
    await this.closed;
  }

  /** The instance is gone, or the way there. */
  lose(): void {
    this.#end(lost(this.address));
  }
}

function channelOf(child: ChildProcessWithoutNullStreams, lostSession: Promise<unknown>): Channel {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {});
  const exit = new Promise<Exit | 'lost'>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    void lostSession.then(() => {
      resolve('lost');
      child.stdin.destroy();
      child.stdout.push(null);
      child.stderr.push(null);
    });
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exit,
    kill: (signal: RemoteSignal) => {
      try {
        process.kill(-(child.pid ?? 0), `SIG${signal}` as NodeJS.Signals);
      } catch {
        // it ended by itself
      }
    },
    close: () => child.stdin.end(),
  };
}
