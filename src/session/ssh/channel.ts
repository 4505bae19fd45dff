import { type Readable, Writable } from 'node:stream';

import type { Client, ClientChannel } from 'ssh2';

/** How a remote process ended, in its server's own words; one of the two is null. */
export interface Exit {
  readonly code: number | null;
  /** E.g. `SIGKILL`. */
  readonly signal: string | null;
}

/** The signals of RFC 4254, 6.10. */
export type RemoteSignal =
  | 'ABRT'
  | 'ALRM'
  | 'FPE'
  | 'HUP'
  | 'ILL'
  | 'INT'
  | 'KILL'
  | 'PIPE'
  | 'QUIT'
  | 'SEGV'
  | 'TERM'
  | 'USR1'
  | 'USR2';

/** One remote process. Both outputs must be read or resumed: they share a flow-control window of 2 MiB. */
export interface Channel {
  /** Destroyed, without an error event, once the process is gone; writes then fall on the floor. */
  readonly stdin: Writable;
  /** Ends when the connection is lost, too: only `exit` tells whether the output is whole. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves on the server's word alone; `lost` when the connection, or the channel without a word, went away. */
  readonly exit: Promise<Exit | 'lost'>;
  /**
   * Sends a signal to the process and its group. Whether it died is seen from `exit` alone: OpenSSH ignores signals in
   * sessions of root and of a forced command, ssh2's server ignores them once stdin has ended.
   */
  kill(signal: RemoteSignal): void;
  /** Closes the channel. OpenSSH leaves the process alive: `kill` it first, or let it see the end of its stdin. */
  close(): void;
}

/** Makes a `Channel` of a channel of ssh2. `lost` resolves when the connection ends, for whatever reason. */
export function openedChannel(client: Client, channel: ClientChannel, lost: Promise<unknown>): Channel {
  const { stderr } = channel;
  channel.on('error', () => {});
  stderr.on('error', () => {});
  const stdin = new ChannelStdin(channel);
  let over = false;
  const exit = new Promise<Exit | 'lost'>((resolve) => {
    const end = (result: Exit | 'lost') => {
      over = true;
      stdin.destroy();
      resolve(result);
    };
    channel
      .on('exit', (code: number | null, signal?: string) => end({ code, signal: signal ?? null }))
      .on('close', () => end('lost'));
    void lost.then(() => {
      end('lost');
      // ssh2 ends them only when its socket is closed, which can take as long as a dead jump host likes.
      channel.push(null);
      stderr.push(null);
    });
  });
  return {
    stdin,
    stdout: channel,
    stderr,
    exit,
    kill: (signal) => {
      if (!over) sendSignal(client, channel, signal);
    },
    close: () => channel.close(),
  };
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
  protocol.signal(channel.outgoing.id, signal);
}

function hasProtocol(
  client: object,
): client is { readonly _protocol: { signal(channel: number, name: string): void } } {
  return '_protocol' in client;
}

function hasId(channel: object): channel is { readonly outgoing: { readonly id: number } } {
  return 'outgoing' in channel;
}
