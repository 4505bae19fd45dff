import { connect } from 'node:net';
import type { Access } from '../../src/session/ssh/access.ts';
import { tcpServer } from './ssh-server.ts';

/** A way to an SSH server that counts connections, and drops all beyond a limit as a firewall with a rate limit does. */
export class CountingProxy {
  connections = 0;
  readonly access: Access;
  readonly #listener: Awaited<ReturnType<typeof tcpServer>>;

  private constructor(access: Access, listener: Awaited<ReturnType<typeof tcpServer>>) {
    this.access = { ...access, port: listener.port };
    this.#listener = listener;
  }

  static async start(access: Access, limit = Infinity): Promise<CountingProxy> {
    const listener = await tcpServer((socket) => {
      proxy.connections += 1;
      if (proxy.connections > limit) {
        socket.resetAndDestroy();
        return;
      }
      const server = connect({ host: access.host, port: access.port, noDelay: true });
      server.on('error', () => {}).on('close', () => socket.destroy());
      socket.on('close', () => server.destroy());
      socket.pipe(server).pipe(socket);
    });
    const proxy = new CountingProxy(access, listener);
    return proxy;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#listener.sockets.size;
  }

  /** Cuts what is open. */
  cut(): void {
    for (const socket of this.#listener.sockets) socket.resetAndDestroy();
  }

  stop(): Promise<void> {
    return this.#listener.stop();
  }
}
