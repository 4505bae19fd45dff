import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as send,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Principal } from '../account/principal.ts';
import { type Answer, awsError, codeOf, errorCode, plain } from './answer.ts';
import { type Call, type RawRequest, readCall } from './call.ts';
import type { Faults } from './fault.ts';
import type { Pager } from './page.ts';
import { isSigned } from './signature.ts';
import type { Strict } from './strict.ts';

/** Answers a call; `forward` asks moto, with other parameters of the query protocol if given. */
export type Service = (
  call: Call,
  principal: Principal,
  forward: (parameters?: Readonly<Record<string, string>>) => Promise<Answer>,
) => Promise<Answer> | Answer;

/** What the proxy needs to know of its stage. */
export interface ProxyOptions {
  readonly moto: number;
  /** The ports of services that another server than moto serves. */
  readonly others?: Readonly<Record<string, number>>;
  readonly faults: Faults;
  readonly pager: Pager;
  readonly strict: Strict;
  readonly principals: ReadonlyMap<string, Principal>;
  /** Those that moto does not do right, by the name in the credential scope; the others are moto's. */
  readonly services: Readonly<Record<string, Service>>;
  /** What an address look-up is told. */
  readonly address: string;
}

/** Stands between cnd and moto: records, breaks and corrects. All services are behind its one port. */
export class Proxy {
  readonly calls: Call[] = [];
  port = 0;
  readonly #options: ProxyOptions;
  readonly #servers: Server[] = [];

  private constructor(options: ProxyOptions) {
    this.#options = options;
  }

  /** @param socket Path of a Unix socket to listen on besides: the way out of an instance's network. */
  static async start(options: ProxyOptions, socket: string): Promise<Proxy> {
    const proxy = new Proxy(options);
    const tcp = await proxy.#listen({ host: '127.0.0.1', port: 0 });
    proxy.port = (tcp.address() as AddressInfo).port;
    await proxy.#listen({ path: socket });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
    await Promise.all(this.#servers.map(async (server) => server.listening && once(server, 'close')));
  }

  async #listen(where: { host: string; port: number } | { path: string }): Promise<Server> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end(`stage: ${String(error)}`);
      });
    });
    server.keepAliveTimeout = 60_000;
    server.listen(where);
    await once(server, 'listening');
    this.#servers.push(server);
    return server;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming;
    const request: RawRequest = { method, target: url, headers, body: await buffer(incoming) };
    const call = readCall(request);
    // A caller that has gone must not keep a long poll alive that would eat messages. Everything else has its effect,
    // also when the caller was killed meanwhile.
    const gone = new AbortController();
    if (call.action === 'ReceiveMessage') response.on('close', () => gone.abort());
    if (this.#options.pager.continues(call)) call.continues = true;
    this.calls.push(call);
    const fault = this.#options.faults.strike(call);
    if (fault?.delay) await sleep(fault.delay);
    if (fault?.hang) return;
    if (fault?.lost === 'before') return void incoming.socket.resetAndDestroy();
    const answer =
      fault?.error === undefined
        ? await this.#answer(request, call, gone.signal)
        : awsError(call.service, fault.error, messageOf(call, fault), fault.status);
    if (fault?.lost === 'after') return void incoming.socket.resetAndDestroy();
    call.status = answer.status;
    const code = codeOf(answer);
    if (code !== undefined) call.error = code;
    // The length that moto tells for HEAD is of what GET would send.
    const length = method === 'HEAD' ? {} : { 'content-length': answer.body.length };
    response.writeHead(answer.status, { ...answer.headers, ...length });
    response.end(method === 'HEAD' ? undefined : answer.body);
  }

  async #answer(request: RawRequest, call: Call, signal: AbortSignal): Promise<Answer> {
    const { services, principals, address, pager, strict } = this.#options;
    const { service, accessKey } = call;
    if (service === '' && request.target.startsWith('/checkip')) return plain(`${address}\n`);
    const principal = principals.get(accessKey);
    if (!principal)
      return awsError(service, 'UnknownKey', 'The security token included in the request is invalid.');
    call.principal = principal.name;
    if (!isSigned(request, principal)) {
      const message = 'The request signature we calculated does not match the signature you provided.';
      return awsError(service, 'BadSignature', message, 403);
    }
    const refused = strict.judge(request, call, pager.misused(call));
    if (refused) return refused;
    const forward = async (parameters?: Readonly<Record<string, string>>): Promise<Answer> => {
      const body = parameters ? Buffer.from(new URLSearchParams(parameters).toString()) : request.body;
      const port = this.#options.others?.[service] ?? this.#options.moto;
      return askServer(port, { ...request, body }, signal);
    };
    const ask = async (): Promise<Answer> =>
      (services[service] ?? (async () => forward()))(call, principal, forward);
    return pager.answer(call, ask);
  }
}

function messageOf({ service }: Call, { error = '', message }: { error?: string; message?: string }): string {
  const words: Record<string, string> = {
    Throttled: 'Request limit exceeded.',
    Expired:
      service === 'ec2' ? 'Request has expired.' : 'The security token included in the request is expired',
    Denied: 'You are not authorized to perform this operation.',
  };
  return message ?? words[error] ?? `the stage's fault: ${errorCode(service, error)}`;
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'server', 'date']);

/** Asks moto or another, with the headers as they came: the Host among them, which moto makes queue URLs of. */
function askServer(
  port: number,
  { method, target, headers, body }: RawRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const { expect: _, 'transfer-encoding': __, ...kept } = headers;
  return new Promise((resolve, reject) => {
    const outgoing = send({
      host: '127.0.0.1',
      port,
      method,
      path: target,
      headers: { ...kept, connection: 'close', 'content-length': body.length },
      signal,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const raw = Object.entries(incoming.headers).filter(([name]) => !hopByHop.has(name));
      buffer(incoming).then((content) => {
        const headers = Object.fromEntries(raw.map(([name, value]) => [name, value ?? '']));
        resolve({ status: incoming.statusCode ?? 500, headers, body: content });
      }, reject);
    });
    outgoing.end(body);
  });
}
