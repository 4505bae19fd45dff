import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A TCP proxy on loopback that delays every byte: a long way to a machine that is near. */
export class DelayProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    // Listening on TCP, it has an address of this kind.
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param milliseconds In each direction: half a round trip. */
  static start(port: number, milliseconds: number): Promise<DelayProxy> {
    const sockets = new Set<Socket>();
    const relay = (from: Socket, to: Socket): void => {
      sockets.add(from);
      from.on('data', (chunk) => setTimeout(() => to.write(chunk), milliseconds));
      from.on('end', () => setTimeout(() => to.end(), milliseconds));
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
    };
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
      const target = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      relay(client, target);
      relay(target, client);
    });
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(new DelayProxy(server, sockets)));
    });
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
