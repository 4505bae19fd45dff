import { Writable } from 'node:stream';

import type { Client, ClientChannel } from 'ssh2';

import type { CndError } from '../../error.ts';
import type { Waiters } from '../../wait.ts';
import { type Frame, Unframed } from '../frame.ts';
import type { Channel, Exit, RemoteSignal } from '../session.ts';

/**
 * Milliseconds in which the end of the output comes after the server has said how its process ended. Servers say that as soon
 * as they know, so output may still come behind it: late from a busy machine, or over a network that loses packets. They are
 * waited for in full only where something that the command left behind holds its output open.
 */
const outputTimeout = 15_000;

/** What a server, a login shell or a forced command did instead of running the command. */
export interface NotRun {
  readonly words: string;
  /** Undefined when the connection was lost, and so nothing is known. */
  readonly exit: Exit | undefined;
}

/**
 * Makes a `Channel` of a channel of ssh2 on which a framed command was started.
 *
 * @param lost Tells when the connection ends, for whatever reason.
 * @param started Called once: when the command runs, or with what was said instead when it does not run at all.
 */
export function openedChannel(
  client: Client,
  channel: ClientChannel,
  frame: Frame,
  lost: Waiters<CndError | undefined>,
  started: (instead?: NotRun) => void,
): Channel {
  channel.on('error', () => {});
  channel.stderr.on('error', () => {});
  const stdin = new ChannelStdin(channel);
  const stderr = new Unframed({ ...frame, end: frame.begin });
  let over = false;
  let running = false;
  let end: (result: Exit | 'lost') => void = () => {};
  const exit = new Promise<Exit | 'lost'>((resolve) => {
    end = (result) => {
      if (over) return;
      over = true;
      stdin.destroy();
      resolve(result);
      if (running) return;
      // nologin says its words on stdout, most others on stderr.
      const words = `${stdout.before}\n${stderr.before}`;
      started({ words, exit: result === 'lost' ? undefined : result });
    };
  });
  const begun = (): void => {
    running = true;
    started();
  };
  const stdout = new Unframed(frame, { begun, ended: (result) => end(result) });
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  attend(
    channel,
    stdout,
    stderr,
    () => running,
    (result) => end(result),
  );
  const forget = lost.add(() => {
    end('lost');
    // ssh2 ends them only when its socket is closed, which can take as long as a dead jump host likes.
    channel.push(null);
    channel.stderr.push(null);
  });
  // Both outputs have had their ends by then.
  channel.once('close', forget);
  const kill = (signal: RemoteSignal): void => {
    if (!over) sendSignal(client, channel, signal);
  };
  return { stdin, stdout, stderr, exit, kill, close: () => channel.close() };
}

/** Lets the outputs flow, and waits for the server's word on an end that the command could not tell itself. */
function attend(
  channel: ClientChannel,
  stdout: Unframed,
  stderr: Unframed,
  isRunning: () => boolean,
  end: (result: Exit | 'lost') => void,
): void {
  channel.pipe(stdout);
  channel.stderr.pipe(stderr);
  stdout.on('close', () => {
    if (channel.readableEnded) return;
    // Whoever no longer reads lets the command go.
    if (!stdout.readableEnded) channel.close();
    channel.resume();
  });
  let server: Exit | undefined;
  channel
    .on('exit', (code: number | null, signal?: string) => {
      server = { code, signal: signal ?? null };
      const word = server;
      // The shell that would say it is dead.
      if (code === null && isRunning()) return end(word);
      // That the command runs, and how it ended, is told in its output. What came while this process was busy is read first.
      const timer = setTimeout(() => setImmediate(() => end(word)), outputTimeout).unref();
      channel.once('end', () => {
        clearTimeout(timer);
        setImmediate(() => end(word));
      });
    })
    .on('close', () => setImmediate(() => end(server ?? 'lost')));
}

/** A writable that lets go of its writers when the process is gone: ssh2's own would keep them waiting for ever. */
class ChannelStdin extends Writable {
  readonly #channel: ClientChannel;

  constructor(channel: ClientChannel) {
    super();
    this.#channel = channel;
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#channel.write(chunk, callback);
  }

  override _final(callback: () => void): void {
    this.#channel.end();
    callback();
  }
}

/** ssh2's `Channel.signal` does nothing, silently, once stdin has ended; so the message is sent below it. */
function sendSignal(client: Client, channel: ClientChannel, signal: RemoteSignal): void {
  if (!hasProtocol(client) || !hasId(channel)) return channel.signal(signal);
  const { _protocol: protocol } = client;
  const { id, state } = channel.outgoing;
  // To OpenSSH a request for a channel that is closed is an error for which it drops the connection.
  if (state === 'open' || state === 'eof') protocol.signal(id, signal);
}

function hasProtocol(
  client: object,
): client is { readonly _protocol: { signal(channel: number, name: string): void } } {
  return '_protocol' in client;
}

function hasId(
  channel: object,
): channel is { readonly outgoing: { readonly id: number; readonly state: string } } {
  return 'outgoing' in channel;
}
