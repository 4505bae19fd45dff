import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

import ssh2, { type AcceptConnection, type Connection, type ServerChannel } from 'ssh2';

import { generateKeyPair, publicKeyBlob } from '../../../../src/session/ssh/key.ts';

/** Where an address of the stage leads: the path of a Unix socket, or nothing, or nowhere. */
export type Route = (address: string, port: number) => { readonly socket: string } | 'refused' | 'silent';

interface Pair {
  readonly address: string;
  readonly channel: ServerChannel;
  readonly socket: Socket;
  held: boolean;
}

/** The jump host: a real SSH server, through which alone the addresses of the stage's instances can be reached. */
export class Jump {
  readonly user = 'jump';
  readonly hostKey = generateKeyPair();
  readonly loginKey = generateKeyPair();
  /** Every address and port that somebody asked for. */
  readonly requests: string[] = [];
  port = 0;
  readonly #route: Route;
  readonly #server: Server;
  readonly #clients = new Set<Connection>();
  readonly #pairs = new Set<Pair>();
  readonly #stalled = new Set<string>();
  /** Connections whose far end has gone while nothing passed: of that nothing is heard, either. */
  readonly #unheard = new Map<ServerChannel, string>();

  private constructor(route: Route) {
    this.#route = route;
    const ssh = new ssh2.Server({ hostKeys: [this.hostKey.privateKey] }, (client) => this.#serve(client));
    this.#server = createServer((socket) => {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      ssh.injectSocket(socket);
    });
  }

  static async start(route: Route): Promise<Jump> {
    const jump = new Jump(route);
    jump.#server.listen(0, '127.0.0.1');
    await once(jump.#server, 'listening');
    jump.port = (jump.#server.address() as AddressInfo).port;
    return jump;
  }

  /** From now on no byte passes, as when a network fails silently; for one address, or all. */
  stall(address = '*'): void {
    this.#stalled.add(address);
    for (const pair of this.#pairs) if (this.#isStalled(pair.address)) hold(pair);
  }

  /** The bytes that were held arrive after all: for one address, or all. */
  resume(address?: string): void {
    if (address === undefined) this.#stalled.clear();
    else this.#stalled.delete(address);
    for (const pair of this.#pairs) if (pair.held && !this.#isStalled(pair.address)) release(pair);
    for (const [channel, to] of this.#unheard) {
      if (this.#isStalled(to)) continue;
      channel.close();
      this.#unheard.delete(channel);
    }
  }

  /** Connections end, as when a firewall forgets them; new ones can be made. */
  drop(address?: string): void {
    for (const { channel, socket, address: to } of this.#pairs) {
      if (address !== undefined && address !== to) continue;
      channel.close();
      socket.destroy();
    }
  }

  async stop(): Promise<void> {
    this.drop();
    for (const client of this.#clients) client.end();
    this.#server.close();
    await Promise.race([once(this.#server, 'close'), new Promise((resolve) => setTimeout(resolve, 500))]);
  }

  #isStalled(address: string): boolean {
    return this.#stalled.has(address) || this.#stalled.has('*');
  }

  #serve(client: Connection): void {
    this.#clients.add(client);
    const allowed = publicKeyBlob(this.loginKey.publicKey);
    client
      .on('error', () => {})
      .on('close', () => this.#clients.delete(client))
      .on('authentication', (login) => {
        if (login.method === 'publickey' && login.username === this.user && login.key.data.equals(allowed))
          login.accept();
        else login.reject(['publickey']);
      })
      .on('tcpip', (accept, reject, { destIP, destPort }) => this.#forward(accept, reject, destIP, destPort));
  }

  #forward(accept: AcceptConnection<ServerChannel>, reject: () => void, address: string, port: number): void {
    this.requests.push(`${address}:${port}`);
    const route = this.#route(address, port);
    // A security group that drops packets, a machine without an address: no answer at all.
    if (route === 'silent' || this.#isStalled(address)) return;
    if (route === 'refused') {
      reject();
      return;
    }
    const socket = connect(route.socket);
    socket.on('error', () => {});
    let channel: ServerChannel | undefined;
    socket.on('connect', () => {
      channel = accept();
      const pair: Pair = { address, channel, socket, held: false };
      this.#pairs.add(pair);
      channel.on('error', () => {}).on('close', () => socket.destroy());
      socket.on('close', () => {
        this.#pairs.delete(pair);
        if (this.#isStalled(address)) this.#unheard.set(pair.channel, address);
        else channel?.close();
      });
      channel.pipe(socket);
      socket.pipe(channel);
    });
    socket.on('close', () => {
      if (channel === undefined) reject();
    });
  }
}

function release(pair: Pair): void {
  const { channel, socket } = pair;
  pair.held = false;
  channel.pipe(socket);
  socket.pipe(channel);
}

function hold(pair: Pair): void {
  const { channel, socket } = pair;
  pair.held = true;
  channel.unpipe(socket);
  socket.unpipe(channel);
  channel.pause();
  socket.pause();
}
