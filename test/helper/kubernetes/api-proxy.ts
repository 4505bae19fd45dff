import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type Server, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Cluster } from './cluster.ts';

/** A request to the API server. */
export interface Intercepted {
  readonly method: string;
  /** With its query. What is forwarded may be another one. */
  path: string;
}

/** What is done with a request. It is forwarded once this has resolved, whoever sent it, unless it was answered or is dropped. */
export type Intercept = (
  request: Intercepted,
  answer: ServerResponse,
) => void | 'drop' | Promise<void | 'drop'>;

/** The API server of a cluster, as one of its users, behind something that may answer, delay or watch requests. */
export class ApiProxy {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param user Whose certificate the cluster has made; see `Cluster.tenant`. */
  static async start({ directory, port }: Cluster, user: string, intercept: Intercept): Promise<ApiProxy> {
    const pki = (name: string): Buffer => readFileSync(join(directory, 'pki', name));
    const own = { cert: pki('apiserver.crt'), key: pki('apiserver.key') };
    const theirs = { ca: pki('ca.crt'), cert: pki(`${user}.crt`), key: pki(`${user}.key`) };
    const server = createServer(own, (incoming, answer) => {
      const { method = '', url: path = '', headers } = incoming;
      void (async () => {
        const body = await buffer(incoming);
        const forwarded = { method, path };
        const isDropped = (await intercept(forwarded, answer)) === 'drop';
        if (isDropped) return void answer.destroy();
        if (answer.writableEnded) return;
        const to = { ...theirs, ...forwarded, host: '127.0.0.1', port, headers };
        const real = request(to, (response) => {
          answer.writeHead(response.statusCode ?? 502, response.headers);
          answer.flushHeaders();
          response.pipe(answer);
        });
        answer.on('close', () => real.destroy());
        real.on('error', () => answer.destroy());
        real.end(body);
      })();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ApiProxy(server);
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Lets nothing of an answer through any more, and does not end it: as when a NAT has forgotten the connection. */
export function silence(answer: ServerResponse): void {
  Object.assign(answer, { write: () => true, end: () => answer });
}

/** Answers as the API server refuses something (meta/v1 Status). */
export function refuse(
  answer: ServerResponse,
  code: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  answer.writeHead(code, { 'content-type': 'application/json', ...headers });
  answer.end(JSON.stringify(statusOf(code, reason)));
}

/** A Status of the API server. */
export function statusOf(code: number, reason: string): object {
  const message = code === 410 ? 'too old resource version: 1 (2)' : reason;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

/** Answers itself that the API server is of another version. */
export function ofVersion(minor: number): Intercept {
  return ({ path }, answer) => {
    if (path !== '/version') return;
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify({ major: '1', minor: `${minor}`, gitVersion: `v1.${minor}.4` }));
  };
}
