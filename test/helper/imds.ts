import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keys } from './aws.ts';

/** The instance metadata service on loopback, version 2 only: it gives the role's credentials to those with a token. */
export class Imds {
  /** Whether the instance has a role. */
  role = true;
  /** The interruption notice of its Spot Instance, once it has got one. */
  notice: { readonly action: string; readonly time: string } | undefined;
  /** What it was asked for. */
  readonly asked: string[] = [];
  credentials: { key: string; secret: string; token: string } = keys.role;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Imds> {
    const server = createServer();
    const imds = new Imds(server);
    server.on('request', ({ method, url = '', headers }, response) => {
      imds.asked.push(`${method} ${url}`);
      const [status, body] = imds.#answer(`${method} ${url}`, headers);
      response.writeHead(status).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return imds;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: string, headers: NodeJS.Dict<string | string[]>): [number, string] {
    if (request === 'PUT /latest/api/token') {
      return headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined ? [400, ''] : [200, 'session'];
    }
    if (headers['x-aws-ec2-metadata-token'] !== 'session') return [401, ''];
    if (request === 'GET /latest/meta-data/spot/instance-action')
      return this.notice ? [200, JSON.stringify(this.notice)] : [404, ''];
    const path = 'GET /latest/meta-data/iam/security-credentials/';
    if (!request.startsWith(path) || !this.role) return [404, ''];
    if (request === path) return [200, 'cnd-agent\n'];
    const { key, secret, token } = this.credentials;
    const Expiration = `${new Date(Date.now() + 21_600_000).toISOString().slice(0, 19)}Z`;
    const content = { Code: 'Success', AccessKeyId: key, SecretAccessKey: secret, Token: token, Expiration };
    return [200, JSON.stringify(content)];
  }
}
