import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';

/** A proxy as companies have them: it takes CONNECT, notes where to, and leads everything to one server of the test. */
export class ConnectProxy {
  /** Hosts and ports that were asked for. */
  readonly targets: string[] = [];
  readonly credentials: string[] = [];
  /** Connections that were made to it, whatever for. */
  connections = 0;
  /** What it answers with in place of 200: `407 Proxy Authentication Required`. */
  refusal: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number) {
    this.#server = createServer((_, response) => response.writeHead(400).end());
    this.#server.on('connection', () => (this.connections += 1));
    this.#server.on('connect', (request, socket: Socket) => {
      this.targets.push(request.url ?? '');
      this.credentials.push(request.headers['proxy-authorization'] ?? '');
      if (this.refusal !== undefined)
        return void socket.end(`HTTP/1.1 ${this.refusal}\r\n\r\n<html>no</html>`);
      const upstream = connect(to, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      for (const one of [socket, upstream]) {
        this.#sockets.add(one);
        one.on('error', () => one.destroy());
      }
    });
  }

  /** @param to The port on loopback that all connections end at. */
  static async start(to: number): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(to);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
