import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { onceAborted, within } from '../../wait.ts';
import { type Admission, admit } from './admission.ts';
import { livePage, livePolicy } from './live-page.ts';
import type { LiveReport } from './live-report.ts';
import { listenOnLoopbacks } from './loopback.ts';
import { WebReader } from './reader.ts';
import { newSecret } from './secret.ts';

/** Connections that are held, and how many of them may follow the run. Any user of this machine can make some. */
const most = { connections: 64, readers: 8 };

/** Milliseconds: for a request to come, for a connection on which nothing moves, and for the last words at the end. */
const timeouts = { request: 5000, idle: 15_000, end: 1500 };

/** Of every answer: not cached, not framed, no referrer, no script but ours; and no CORS headers. */
const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': livePolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // One request a connection: what holds one is known.
  Connection: 'close',
} as const;

/** Ends the run that is watched; gives what to tell of it. Never rejects. */
export type ScramRequest = () => Promise<string>;

/**
 * Shows a live report to browsers of this machine: a page without anything of the run to all, and to whoever has the token
 * the report, its changes, and the scram.
 */
export class WebServer {
  readonly #live: LiveReport;
  readonly #scram: ScramRequest;
  readonly #servers: readonly [Server, Server];
  readonly #readers = new Set<WebReader>();
  /** In the order in which they came; those of readers are not among them. */
  readonly #sockets = new Set<Socket>();
  readonly #token = newSecret();
  #authorities: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #scramming: Promise<void> | undefined;
  #closed = false;

  constructor(live: LiveReport, scram: ScramRequest) {
    this.#live = live;
    this.#scram = scram;
    this.#servers = [this.#serverOf(), this.#serverOf()];
  }

  /**
   * Listens, on any free port for 0. Gives the URL to open, with the token as its fragment.
   * @throws CndError `port-unusable`
   */
  async listen(port: number): Promise<string> {
    this.#authorities = await listenOnLoopbacks(this.#servers, port);
    return `http://${this.#authorities[0]}/#${this.#token}`;
  }

  /** Resolves once a scram that was asked for here is over, or the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    if (!this.#scramming || signal.aborted) return;
    const aborted = new Promise<void>((resolve) => onceAborted(signal, resolve));
    await Promise.race([this.#scramming, aborted]);
  }

  /** Tells all readers the last there is, and why it is the last; then nothing listens any more. Never rejects. */
  async close(state: string): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    const parts = this.#live.parts();
    for (const reader of this.#readers) reader.send(parts, { state, over: true });
    await within(timeouts.end, Promise.all([...this.#readers].map((reader) => reader.end())));
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  #serverOf(): Server {
    const server = createServer(
      {
        maxHeaderSize: 8192,
        headersTimeout: timeouts.request,
        requestTimeout: timeouts.request,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => this.#answer(request, response),
    );
    server.setTimeout(timeouts.idle);
    server.on('connection', (socket) => this.#hold(socket));
    server.on('clientError', (_, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
    return server;
  }

  /** The oldest goes for the newest: that may be the one who has the token. */
  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    const [oldest] = this.#sockets;
    if (this.#sockets.size <= most.connections || !oldest) return;
    this.#sockets.delete(oldest);
    oldest.destroy();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headersDistinct } = request;
    // No request of ours has a body: what comes is not kept.
    request.resume();
    response.on('error', () => {});
    const admission: Admission = { authorities: this.#authorities, token: this.#token };
    const admitted = admit({ method, url, headers: headersDistinct }, admission);
    if ('refusal' in admitted) {
      if ('allow' in admitted) response.setHeader('Allow', admitted.allow);
      return refuse(response, admitted.refusal, refusals[admitted.refusal]);
    }
    if (this.#closed) return refuse(response, 503, 'the run is no longer watched');
    if (admitted.route === 'page') return page(response);
    return admitted.route === 'updates' ? this.#follow(response) : this.#terminate(response);
  }

  #follow(response: ServerResponse): void {
    if (this.#readers.size >= most.readers)
      return refuse(response, 503, `${most.readers} browsers follow the run already`);
    const reader = new WebReader(response);
    this.#readers.add(reader);
    if (response.socket) this.#sockets.delete(response.socket);
    response.once('close', () => this.#readers.delete(reader));
    response.writeHead(200, { ...headers, 'Content-Type': 'application/x-ndjson' });
    reader.send(this.#live.parts(), { run: this.#live.run });
    this.#schedule();
    return undefined;
  }

  #terminate(response: ServerResponse): void {
    if (this.#scramming) return refuse(response, 409, 'it is being terminated already');
    this.#tell('Terminating the run …');
    this.#scramming = this.#scram().then((words) => {
      this.#scramming = undefined;
      this.#tell(words);
    });
    response.writeHead(202, headers).end();
    return undefined;
  }

  #tell(state: string): void {
    if (this.#closed) return;
    for (const reader of this.#readers) reader.send(this.#live.parts(), { state });
  }

  /** Draws again while somebody looks. */
  #schedule(): void {
    if (this.#timer || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#readers.size === 0) return;
      const parts = this.#live.parts();
      for (const reader of this.#readers) reader.send(parts);
      this.#schedule();
    }, this.#live.freshFor + 1);
  }
}

const refusals = {
  403: 'forbidden',
  404: 'there is no such page',
  405: 'the method is not allowed here',
} as const;

function page(response: ServerResponse): void {
  response.writeHead(200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' }).end(livePage);
}

function refuse(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${words}\n`);
}
