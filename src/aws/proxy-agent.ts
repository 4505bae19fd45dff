import type { ClientRequest } from 'node:http';
import type { AgentOptions } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { isExempt } from './no-proxy.ts';

/** What a connection is made with. */
type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];

/** A proxy that does not let a connection through. It never heard the request itself. */
export class ProxyRefused extends Error {
  constructor(proxy: URL, host: string, status: number, words: string) {
    super(`the proxy ${proxy.host} refuses to connect to ${host}: ${status} ${words}`);
    this.name = 'ProxyRefused';
  }
}

/** Connects through a proxy with CONNECT, but for hosts that NO_PROXY exempts. */
export class ProxyAgent extends HttpsProxyAgent<string> {
  readonly #noProxy: string;
  readonly #ca: AgentOptions['ca'];

  constructor(proxy: URL, noProxy: string, options: AgentOptions) {
    super(proxy.href, options);
    this.#noProxy = noProxy;
    this.#ca = options.ca;
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    const host = options.host ?? '';
    const { port } = options;
    // The base class forgets the options it was made with; without them the company's certificates were not trusted.
    const trusting = { ...options, ...(this.#ca !== undefined && { ca: this.#ca }) };
    if (isExempt({ host, port }, this.#noProxy)) {
      return connectTls({
        ...trusting,
        host,
        port,
        path: undefined,
        ...(isIP(host) === 0 && { servername: host }),
      });
    }
    let refusal: ProxyRefused | undefined;
    // Left alone, the proxy's refusal would look like an answer of AWS: 403 like missing rights.
    request.once('proxyConnect', ({ statusCode, statusText }: { statusCode: number; statusText: string }) => {
      if (statusCode !== 200) refusal = new ProxyRefused(this.proxy, host, statusCode, statusText);
    });
    const socket = await super.connect(request, trusting);
    if (!refusal) return socket;
    socket.destroy();
    throw refusal;
  }
}
