import type { Duplex } from 'node:stream';

import type { Client } from 'ssh2';

import { CndError } from '../../error.ts';

import type { Access } from './access.ts';
import { Waiters, pause, within } from '../../wait.ts';
import { bounded } from '../bounded.ts';
import { exec, save, succeeded } from '../exec.ts';
import { framedCommand, makeFrame } from '../frame.ts';
import { lost, lostWhile } from '../lost.ts';
import { nameOf } from '../run.ts';
import { oneLine } from '../one-line.ts';
import type { Bounds, Channel, ExecOptions, ExecResult, Saved, Session } from '../session.ts';
import { target } from './access.ts';
import { type NotRun, openedChannel } from './channel.ts';

const closeTimeout = 500;

/**
 * Milliseconds for a login shell to start a command. Then its stdin ends, so that what waits for input (internal-sftp as a
 * forced command) ends and can be told from a slow one.
 */
const startTimeout = 30_000;
/** Milliseconds in which it must have ended then. */
const finalTimeout = 2_000;

/** The connection to a jump host that carries another one, and how that lets go of it. */
export interface Via {
  readonly connection: Connection;
  readonly release: () => void;
}

/**
 * How often a command is started whose channel the server closes instead of an answer, and milliseconds in between: Dropbear does
 * so now and then while another channel of the connection ends.
 */
const mostStarts = 4;
const startPause = 50;

/** An open connection to one machine. Ends by `close`, or by itself when the other side falls silent. */
export class Connection implements Session {
  readonly access: Access;
  readonly address: string;
  /** For the jump host's part, and for nobody else. */
  readonly client: Client;
  /** Resolves once: with the reason when the connection was lost, with undefined after `close`. */
  readonly closed: Promise<CndError | undefined>;
  #end: (reason: CndError | undefined) => void = () => {};
  /** Commands under way, of which there are many in the life of a connection: none is to be kept after its end. */
  readonly #commands: Waiters<CndError | undefined>;
  readonly #disconnected: Promise<void>;
  readonly #stream: Duplex;

  /** @param stream What the client runs over, and what `connect` opened for it. */
  constructor(access: Access, client: Client, stream: Duplex, via: Via | undefined) {
    this.access = access;
    this.address = target(access);
    this.client = client;
    this.#stream = stream;
    this.closed = new Promise((resolve) => (this.#end = resolve));
    this.#commands = new Waiters(this.closed);
    this.#disconnected = new Promise((resolve) => client.on('close', resolve));
    // Behind a jump host, a machine that is gone is seen as an 'end' alone.
    client
      .on('error', (error) => this.#lost(error))
      .on('end', () => this.#lost())
      .on('close', () => this.#lost());
    void via?.connection.closed.then((reason) => this.#lost(reason));
    void this.closed.then(() => via?.release());
  }

  /** Runs a command to its end. See `exec` in exec.ts. */
  exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this, command, options);
  }

  /** Runs a command that must succeed: any exit code but 0 is a CndError `session-exit` with the end of its output. */
  async run(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return succeeded(this, nameOf(command, options), await this.exec(command, options));
  }

  /** Streams a command's stdout to a file. See `save` in exec.ts. */
  save(command: string, path: string, options: ExecOptions = {}): Promise<Saved> {
    return save(this, command, path, options);
  }

  /**
   * Starts a command and hands over its streams. The bounds are those of starting it, not of its life.
   *
   * @throws CndError `session-lost`, `session-channel` (the server refuses), `session-aborted`, `session-timeout`.
   */
  async stream(command: string, bounds: Bounds = {}): Promise<Channel> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#start(command, bounds);
      } catch (error) {
        if (attempt === mostStarts || !isUnanswered(error)) throw error;
        await pause(attempt * startPause, bounds.signal);
      }
    }
  }

  #start(command: string, bounds: Bounds): Promise<Channel> {
    const what = `starting a command on ${this.address}`;
    const late = () => new CndError('session-timeout', `${what} took too long`, { about: this.address });
    return bounded(bounds, what, late, (resolve, reject) => {
      const about = this.address;
      let abandoned = false;
      let drop = (): void => {};
      const forget = this.#commands.add((reason) => reject(lostWhile(this.address, what, reason?.cause)));
      try {
        const frame = makeFrame();
        this.client.exec(framedCommand(command, frame), (error, raw) => {
          // Also told when the connection is lost with the answer to come: then `closed` says so first.
          if (error !== undefined) return void setImmediate(() => reject(this.#refused(error)));
          const channel = openedChannel(this.client, raw, frame, this.#commands, (instead) => {
            clearTimeout(unheard);
            clearTimeout(unstarted);
            if (instead === undefined) {
              forget();
              return resolve(channel);
            }
            // That the connection was lost says `closed`.
            setImmediate(() => reject(instead.exit ? notRun(about, instead) : lostWhile(about, what)));
          });
          drop = () => {
            channel.kill('KILL');
            channel.close();
          };
          const unheard = setTimeout(() => channel.stdin.end(), startTimeout);
          const unstarted = setTimeout(() => {
            reject(new CndError('session-timeout', `${what}: its login shell does not start it`, { about }));
          }, startTimeout + finalTimeout);
          if (abandoned) drop();
        });
      } catch (error) {
        // Thrown when the socket is gone, and `closed` is about to say so.
        queueMicrotask(() => reject(lostWhile(this.address, what, error)));
      }
      return () => {
        abandoned = true;
        forget();
        drop();
      };
    });
  }

  /** Says goodbye and closes; what still runs over there is left running (see `Channel.close`). Never rejects. */
  async close(): Promise<void> {
    this.#end(undefined);
    this.client.end();
    await within(closeTimeout, this.#disconnected);
    // A machine that does not answer must not keep this process alive (ssh2's own destroy does nothing after end).
    this.#stream.destroy();
  }

  #lost(cause?: unknown): void {
    this.#end(lost(this.address, cause));
    this.#stream.destroy();
  }

  #refused(cause: Error): CndError {
    return new CndError('session-channel', `${this.address} refuses to run a command: ${cause.message}`, {
      about: this.address,
      hint: 'Look at MaxSessions and ForceCommand in its sshd_config.',
      cause,
    });
  }
}

/** Whether a command was not started, the server having closed its channel instead of an answer. */
function isUnanswered(error: unknown): boolean {
  return (
    error instanceof CndError && error.cause instanceof Error && error.cause.message === 'Unable to exec'
  );
}

/** The error for a command that the other side did not run, with what it said instead. */
function notRun(address: string, { words, exit }: NotRun): CndError {
  const shown = oneLine(words);
  const how = shown === '' ? `it ended with ${exit?.signal ?? `exit code ${exit?.code}`}` : shown;
  return new CndError('session-shell', `${address} does not run commands: ${how}`, {
    about: address,
    hint: 'Its login shell (nologin, rbash) or a ForceCommand in its sshd_config prevents it: use another user or machine.',
  });
}
