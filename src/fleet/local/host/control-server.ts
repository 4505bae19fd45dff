import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { LineReader } from '../line-reader.ts';
import { listenOnLoopback } from './loopback.ts';
import type { PendingLogins } from './pending-login.ts';
import type { ControlReply, ControlRequest } from '../record.ts';

/** Longer requests than a terminate of thousands of instances are not read. */
const longestRequest = 2 ** 18;

/** What a host does for its controllers. */
export type Answer = (request: ControlRequest) => Promise<ControlReply>;

/**
 * Listens for controllers on a port of 127.0.0.1: one JSON line in, one JSON line out. (A Unix socket would need no
 * token, but its path is limited to 108 bytes, and state directories may be deeper.)
 */
export class ControlServer {
  readonly #server;
  readonly #token: string;
  readonly #answer: Answer;
  readonly #pending: PendingLogins;

  constructor(token: string, pending: PendingLogins, answer: Answer) {
    this.#token = token;
    this.#answer = answer;
    this.#pending = pending;
    this.#server = createServer({ noDelay: true }, (socket) => void this.#serve(socket));
    this.#server.on('error', () => undefined);
  }

  async listen(): Promise<number> {
    return listenOnLoopback(this.#server);
  }

  /** Takes no more questions and resolves when the last answer is out, or after `milliseconds`. */
  async drain(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      setTimeout(resolve, milliseconds);
    });
  }

  async #serve(socket: Socket): Promise<void> {
    socket.on('error', () => undefined).setTimeout(5000, () => socket.destroy());
    this.#pending.add(socket);
    try {
      const request = this.#open(await new LineReader(socket, longestRequest).next());
      this.#pending.settled(socket);
      if (request) socket.end(`${JSON.stringify(await this.#answer(request))}\n`);
      else socket.destroy();
    } catch {
      socket.destroy(); // not a controller of ours
    }
  }

  #open(line: string | undefined): ControlRequest | undefined {
    const request: ControlRequest | null = JSON.parse(line ?? 'null');
    const [given, wanted] = [Buffer.from(String(request?.token)), Buffer.from(this.#token)];
    return given.length === wanted.length && timingSafeEqual(given, wanted)
      ? (request ?? undefined)
      : undefined;
  }
}
