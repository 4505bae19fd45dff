import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Server, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';

/**
 * The API server of a cluster, of another version: it answers itself what it is, and has everything else from the real one, as
 * its user.
 */
export class VersionProxy {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param user Whose certificate the cluster has made; see `Cluster.tenant`. */
  static async start({ directory, port }: Cluster, user: string, minor: number): Promise<VersionProxy> {
    const pki = (name: string): Buffer => readFileSync(join(directory, 'pki', name));
    const own = { cert: pki('apiserver.crt'), key: pki('apiserver.key') };
    const theirs = { ca: pki('ca.crt'), cert: pki(`${user}.crt`), key: pki(`${user}.key`) };
    const server = createServer(own, (incoming, answer) => {
      if (incoming.url === '/version') {
        answer.setHeader('content-type', 'application/json');
        answer.end(JSON.stringify({ major: '1', minor: `${minor}`, gitVersion: `v1.${minor}.4` }));
        return;
      }
      const { method, url: path, headers } = incoming;
      const real = request({ ...theirs, host: '127.0.0.1', port, method, path, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      real.on('error', () => answer.destroy());
      incoming.pipe(real);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new VersionProxy(server);
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
