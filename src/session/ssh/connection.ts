import type { Duplex, Writable } from 'node:stream';

import type { Client } from 'ssh2';

import { CndError } from '../../error.ts';

import type { Access } from './access.ts';
import { type Bounds, bounded } from './bounded.ts';
import { within } from '../../wait.ts';
import { type Channel, openedChannel } from './channel.ts';
import { exec, type ExecOptions, type ExecResult, save, succeeded } from './exec.ts';
import { target } from './failure.ts';
import { nameOf } from './run.ts';

const goodbyePatience = 500;

/** An open connection to one machine. Ends by `close`, or by itself when the other side falls silent. */
export class Connection {
  readonly access: Access;
  /** For the jump host's part, and for nobody else. */
  readonly client: Client;
  /** Resolves once: with the reason when the connection was lost, with undefined after `close`. */
  readonly closed: Promise<CndError | undefined>;
  #end: (reason: CndError | undefined) => void = () => {};
  readonly #disconnected: Promise<void>;
  readonly #stream: Duplex;

  /** @param stream What the client runs over, and what `connect` opened for it. */
  constructor(access: Access, client: Client, stream: Duplex, jump: Connection | undefined) {
    this.access = access;
    this.client = client;
    this.#stream = stream;
    this.closed = new Promise((resolve) => (this.#end = resolve));
    this.#disconnected = new Promise((resolve) => client.on('close', resolve));
    // Behind a jump host, a machine that is gone is seen as an 'end' alone.
    client
      .on('error', (error) => this.#lost(error))
      .on('end', () => this.#lost())
      .on('close', () => this.#lost());
    void jump?.closed.then((reason) => this.#lost(reason));
    void this.closed.then(() => jump?.close());
  }

  /** Runs a command to its end. See `exec` in exec.ts. */
  exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this, command, options);
  }

  /** Runs a command that must succeed: any exit code but 0 is a CndError `ssh-exit` with its last words. */
  async run(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return succeeded(this, nameOf(command, options), await this.exec(command, options));
  }

  /** Streams a command's stdout to a file or a writable. See `save` in exec.ts. */
  save(command: string, destination: string | Writable, options: ExecOptions = {}): Promise<number> {
    return save(this, command, destination, options);
  }

  /**
   * Starts a command and hands over its streams. The bounds are those of starting it, not of its life.
   *
   * @throws CndError `ssh-lost`, `ssh-channel` (the server refuses), `ssh-aborted`, `ssh-timeout`.
   */
  stream(command: string, bounds: Bounds = {}): Promise<Channel> {
    const what = `starting a command on ${target(this.access)}`;
    const late = () => new CndError('ssh-timeout', `${what} took too long`, { about: target(this.access) });
    return bounded(bounds, what, late, (resolve, reject) => {
      let abandoned = false;
      void this.closed.then((reason) => reject(this.lostWhile(what, reason?.cause)));
      try {
        this.client.exec(command, (error, raw) => {
          // Also told when the connection is lost with the answer to come: then `closed` says so first.
          if (error !== undefined) return void setImmediate(() => reject(this.#refused(error)));
          const channel = openedChannel(this.client, raw, this.closed);
          if (!abandoned) return resolve(channel);
          channel.kill('KILL');
          channel.close();
        });
      } catch (error) {
        // Thrown when the socket is gone, and `closed` is about to say so.
        queueMicrotask(() => reject(this.lostWhile(what, error)));
      }
      return () => {
        abandoned = true;
      };
    });
  }

  /** Says goodbye and closes; what still runs over there is left running (see `Channel.close`). Never rejects. */
  async close(): Promise<void> {
    this.#end(undefined);
    this.client.end();
    await within(goodbyePatience, this.#disconnected);
    // A machine that does not answer must not keep this process alive (ssh2's own destroy does nothing after end).
    this.#stream.destroy();
  }

  /** The error for something that the loss of this connection cut short. */
  lostWhile(what: string, cause?: unknown): CndError {
    return new CndError(
      'ssh-lost',
      `${what}: the connection to ${target(this.access)} was lost${why(cause)}`,
      {
        about: target(this.access),
        cause,
      },
    );
  }

  #lost(cause?: unknown): void {
    this.#end(
      new CndError('ssh-lost', `the connection to ${target(this.access)} was lost${why(cause)}`, {
        about: target(this.access),
        cause,
      }),
    );
    this.#stream.destroy();
  }

  #refused(cause: Error): CndError {
    return new CndError('ssh-channel', `${target(this.access)} refuses to run a command: ${cause.message}`, {
      about: target(this.access),
      hint: 'Look at MaxSessions and ForceCommand in its sshd_config.',
      cause,
    });
  }
}

function why(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : '';
}
