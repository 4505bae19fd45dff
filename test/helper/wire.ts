import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** One connection through a wire: both its ends. */
interface Pair {
  readonly client: Socket;
  readonly target: Socket;
  /** Nothing gets through any more, and neither side is told: as when a NAT has forgotten it. */
  forgotten: boolean;
}

/**
 * The network between a controller and one SSH server, as a TCP proxy on loopback: it can be cut, slow, or forget connections,
 * without rights and without namespaces. (bench/network.mjs cuts real ones.)
 */
export class Wire {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Clients that came while it was cut. */
  readonly #waiting = new Set<Socket>();
  readonly #target: number;
  #isCut = false;
  #delay = 0;
  #isOff = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param target The port of the server, on loopback. */
  static start(target: number): Promise<Wire> {
    let wire: Wire | undefined;
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (client) => wire?.accept(client));
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((wire = new Wire(server, target))));
    });
  }

  accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.#isOff) {
      client.resetAndDestroy();
      return;
    }
    if (this.#isCut) {
      this.#waiting.add(client);
      return;
    }
    const target = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const pair: Pair = { client, target, forgotten: false };
    this.#pairs.add(pair);
    this.#relay(pair, client, target);
    this.#relay(pair, target, client);
    if (this.#isCut) target.pause();
    client.resume();
  }

  /** Nothing gets through in either direction until `mend`; what was sent arrives then. */
  cut(): void {
    this.#isCut = true;
    for (const { client, target } of this.#pairs) for (const socket of [client, target]) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
    this.#isOff = false;
    this.#delay = 0;
    for (const { client, target } of this.#pairs) for (const socket of [client, target]) socket.resume();
    for (const client of this.#waiting) this.accept(client);
    this.#waiting.clear();
  }

  /** The connections that there are swallow everything from now on; new ones work. Whether there were any. */
  forget(): boolean {
    for (const pair of this.#pairs) pair.forgotten = true;
    return this.#pairs.size > 0;
  }

  /** Every connection is closed at once. Whether there were any. */
  reset(): boolean {
    const any = this.#pairs.size > 0;
    for (const { client, target } of this.#pairs)
      for (const socket of [client, target]) socket.resetAndDestroy();
    return any;
  }

  /** There is no server any more, until `mend`. */
  powerOff(): void {
    this.#isOff = true;
    this.reset();
  }

  /** From now on every byte arrives so many milliseconds later. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  stop(): void {
    this.#server.close();
    this.reset();
    for (const client of this.#waiting) client.destroy();
  }

  #relay(pair: Pair, from: Socket, to: Socket): void {
    from.on('data', (chunk) => {
      if (pair.forgotten) return;
      if (this.#delay > 0) setTimeout(() => to.write(chunk), this.#delay);
      else if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => this.#isCut || from.resume());
      }
    });
    from.on('error', () => from.destroy());
    from.on('close', () => {
      // Of a connection that is forgotten the other side does not learn anything.
      if (pair.forgotten) return;
      this.#pairs.delete(pair);
      setTimeout(() => to.destroy(), this.#delay + 50);
    });
  }
}
