import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Client } from 'ssh2';

import { lookUpForSocket } from '../../resolver.ts';
import type { Access } from './access.ts';
import { bounded } from '../bounded.ts';
import type { Bounds } from '../session.ts';
import { classify } from './failure.ts';
import { target } from './access.ts';

/**
 * Opens the bytes that SSH runs over: a TCP connection, or a channel through the jump host.
 *
 * @throws ConnectionError by cause; CndError `session-aborted`.
 */
export function dial(access: Access, jump: Client | undefined, bounds: Bounds): Promise<Duplex> {
  const late = () => classify(access, { timedOut: bounds.timeout ?? 0 });
  return bounded(bounds, `connecting to ${target(access)}`, late, (resolve, reject) => {
    const fail = (error: Error) => reject(classify(access, { error }));
    return jump === undefined ? dialTcp(access, resolve, fail) : dialThrough(jump, access, resolve, fail);
  });
}

function dialTcp(
  { host, port }: Access,
  resolve: (stream: Duplex) => void,
  reject: (error: Error) => void,
): () => void {
  // Without noDelay an exec on an open connection takes 44 ms instead of 2: Nagle waits for the delayed ACK.
  const socket = new ReadingSocket();
  socket.setNoDelay(true);
  socket.connect({ host, port, lookup: lookUpForSocket });
  // Stays for the socket's life: a reset that comes late must not end the process.
  socket.on('error', ignore);
  socket.once('error', reject).once('connect', () => {
    socket.off('error', reject);
    resolve(socket);
  });
  return () => socket.destroy();
}

/**
 * What is written in one turn goes out by one system call: ssh2 writes each packet by itself, seven for a worker's bundle.
 *
 * Only reading ends it. Node closes a socket that cannot be written to, and drops what the other side said before it reset the
 * connection; the reading side gets that first, and then the end.
 */
class ReadingSocket extends Socket {
  override write(buffer: Uint8Array | string, cb?: (error?: Error | null) => void): boolean;
  override write(
    text: Uint8Array | string,
    encoding?: BufferEncoding,
    cb?: (error?: Error | null) => void,
  ): boolean;
  override write(...args: unknown[]): boolean {
    if (this.writableCorked === 0) {
      this.cork();
      process.nextTick(() => this.uncork());
    }
    // oxlint-disable-next-line typescript/unbound-method -- it is bound right here
    const isTaken: unknown = Reflect.apply(super.write, this, args);
    return isTaken === true;
  }

  override _write(...[chunk, encoding, callback]: Parameters<Duplex['_write']>): void {
    // oxlint-disable-next-line no-underscore-dangle -- the name that node:stream gives it
    super._write(chunk, encoding, () => callback());
  }

  override _writev(...[chunks, callback]: Parameters<NonNullable<Duplex['_writev']>>): void {
    // oxlint-disable-next-line no-underscore-dangle -- the name that node:stream gives it
    super._writev?.(chunks, () => callback());
  }
}

function ignore(): void {}

function dialThrough(
  jump: Client,
  { host, port }: Access,
  resolve: (stream: Duplex) => void,
  reject: (error: Error) => void,
): () => void {
  let abandoned = false;
  const opened = (error: Error | undefined, channel: Duplex) => {
    if (error !== undefined) {
      reject(error);
      return;
    }
    channel.on('error', () => {});
    if (abandoned) channel.destroy();
    else resolve(channel);
  };
  try {
    jump.forwardOut('127.0.0.1', 0, host, port, opened);
  } catch (error) {
    // Thrown when the connection to the jump host is gone already.
    const cause = error instanceof Error ? error : new Error(String(error));
    queueMicrotask(() => reject(cause));
  }
  return () => {
    abandoned = true;
  };
}
