import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { killServer, onFreePort } from '../../daemon.ts';
import { repository } from '../repository.ts';

/** How a server is started that stands in for AWS. */
export interface BackendOptions {
  readonly command: (port: number) => readonly string[];
  readonly env: (port: number) => Readonly<Record<string, string>>;
  /** Paths: answered with success once it is up; and what makes it as if new. */
  readonly ready: string;
  readonly reset: string;
}

/** A server that stands in for AWS, or for some of its services: a process that ends with this one. */
export class Backend {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #reset: string;

  private constructor(child: ChildProcess, port: number, reset: string) {
    this.#child = child;
    this.port = port;
    this.#reset = reset;
  }

  static async start(options: BackendOptions): Promise<Backend> {
    return onFreePort((port) => Backend.#begin(options, port));
  }

  /** The server, or why it did not start. */
  static async #begin(
    { command, env, ready, reset }: BackendOptions,
    port: number,
  ): Promise<Backend | string> {
    const words = command(port);
    // It ends with this process, however that ends.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env(port) },
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said = `${said}${data.toString()}`.slice(-4000)));
    child.on('error', (error) => (said += error.message));
    for (const end = performance.now() + 60_000; performance.now() < end; await sleep(50)) {
      if (child.exitCode !== null || child.pid === undefined) break;
      const up = await fetch(`http://127.0.0.1:${port}${ready}`).catch(() => undefined);
      await up?.arrayBuffer();
      if (up?.ok) return new Backend(child, port, reset);
    }
    child.kill('SIGKILL');
    return `${words[0]} did not start: ${said}`;
  }

  async reset(): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${this.#reset}`, { method: 'POST' });
    await answer.arrayBuffer();
  }

  async stop(): Promise<void> {
    await killServer(this.#child);
  }
}

/** Where a server is: an environment variable, a venv of the checkout, or $PATH; undefined when it is nowhere. */
export function programOf(variable: string, venv: string, name: string): string | undefined {
  const named = process.env[variable];
  const path = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  const candidates = [...(named ? [named] : []), join(repository, venv, 'bin', name), ...path];
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
