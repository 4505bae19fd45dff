import { Writable } from 'node:stream';

import type { Client, ClientChannel } from 'ssh2';

import type { Channel, Exit, RemoteSignal } from '../session.ts';

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
