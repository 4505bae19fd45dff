import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { z } from 'zod';
import type { KubeConfig } from '@kubernetes/client-node';
import { CndError, isMissing, messageOf } from '../error.ts';
import { boundedText } from '../text.ts';
import { pause, unlessAborted, withDeadline } from '../wait.ts';
import { KubernetesError, loginHint, refusal } from './failure.ts';
import type { ClusterPlace } from './kubeconfig.ts';

/** Milliseconds for an answer. */
const answerTimeout = 10_000;

/** Milliseconds for the credentials: a plugin may ask somebody to log in. */
const credentialTimeout = 60_000;

/** The longest answer that is read, in bytes: that of a list of some ten thousand pods. */
const longestAnswer = 1 << 28;

/** The longest line of an answer that goes on, in characters: an object of at most 1.5 MB. */
const longestLine = 1 << 23;

/** One request besides its method and path. */
export interface ApiRequest {
  /** What is done, for errors: `creating the Job`. */
  readonly what: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** The API of one cluster, as the user of one context. */
export class KubernetesClient {
  readonly config: KubeConfig;
  readonly place: ClusterPlace;
  #shared: SharedConnections | undefined;

  constructor(config: KubeConfig, place: ClusterPlace) {
    this.config = config;
    this.place = place;
  }

  /** The address of the API server. */
  get server(): string {
    return this.config.getCurrentCluster()?.server ?? '';
  }

  /** Does some work whose many requests share connections: each of its own costs both sides a TLS handshake. */
  async sharing<T>(work: () => Promise<T>): Promise<T> {
    const shared = new SharedConnections();
    this.#shared = shared;
    try {
      return await work();
    } finally {
      if (this.#shared === shared) this.#shared = undefined;
      shared.end();
    }
  }

  /**
   * One request, and the answer as its schema has it. One that the API server postpones is repeated when it says so, within its time.
   * @throws KubernetesError; the signal's reason when that aborts.
   */
  async request<Schema extends z.ZodType>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    schema: Schema,
    request: ApiRequest,
  ): Promise<z.output<Schema>> {
    const { what, timeout = answerTimeout } = request;
    const giveUp = performance.now() + timeout;
    let answer = await this.#once(method, path, request, timeout);
    for (;;) {
      const delay = postponement(answer);
      const left = giveUp - performance.now() - delay;
      if (!(left > 0)) break;
      await pause(delay, request.signal);
      answer = await this.#once(method, path, request, left);
    }
    const { status, text } = answer;
    if (status < 200 || status > 299) throw refusal(what, this.server, status, text);
    const { data, error } = schema.safeParse(parse(text));
    if (error)
      throw new KubernetesError(`${what}: the answer is not understood`, {
        status,
        about: path,
        cause: error,
      });
    return data;
  }

  async #once(method: string, path: string, request: ApiRequest, timeout: number): Promise<Answer> {
    const { what, body, signal } = request;
    signal?.throwIfAborted();
    const url = this.#url(path, request);
    const options = await this.#options(method, body !== undefined, signal);
    return withDeadline(timeout, signal, (until) => send(url, { ...options, signal: until }, body)).catch(
      (cause: unknown) => {
        signal?.throwIfAborted();
        if (cause instanceof CndError) throw cause;
        throw this.#unreached(what, cause);
      },
    );
  }

  /**
   * The lines of an answer that goes on, until it ends, is cut, or the signal aborts. `onOpen` is called when it begins.
   * @throws KubernetesError when it does not begin.
   */
  async *lines(
    path: string,
    request: Omit<ApiRequest, 'body' | 'timeout'> & { readonly onOpen?: (() => void) | undefined },
  ): AsyncGenerator<string> {
    const { what, signal, onOpen } = request;
    const url = this.#url(path, request);
    const options = await this.#options('GET', false, signal);
    const response = await begin(url, { ...options, signal }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw this.#unreached(what, cause);
    });
    const { statusCode: status = 0 } = response;
    if (status !== 200) {
      const text = await boundedText(response, longestLine, () => new Error('a long refusal')).catch(
        () => '',
      );
      throw refusal(what, this.server, status, text);
    }
    onOpen?.();
    let rest = '';
    try {
      for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > longestLine) return;
        yield* lines;
      }
    } catch {
      // It was cut: whoever needs more begins again.
    } finally {
      response.destroy();
    }
  }

  #url(path: string, { query = {} }: Pick<ApiRequest, 'query'>): URL {
    const parameters = new URLSearchParams(query).toString();
    return new URL(`${this.server}${path}${parameters === '' ? '' : `?${parameters}`}`);
  }

  #unreached(what: string, cause: unknown): KubernetesError {
    const { context } = this.place;
    const words =
      cause instanceof Error && cause.name === 'AbortError' ? messageOf(cause.cause) : messageOf(cause);
    return new KubernetesError(`${what}: ${this.server} of the context ${context} is not reached: ${words}`, {
      about: this.server,
      hint: `test with: kubectl --context ${context} version`,
      cause,
    });
  }

  async #options(method: string, hasBody: boolean, signal: AbortSignal | undefined): Promise<RequestOptions> {
    const options: RequestOptions = { method };
    try {
      await withDeadline(credentialTimeout, signal, (until) =>
        unlessAborted(this.config.applyToHTTPSOptions(options), until),
      );
    } catch (cause) {
      signal?.throwIfAborted();
      throw credentialError(this.place.context, cause);
    }
    const kind = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const type = hasBody ? { 'content-type': kind } : {};
    if (options.agent instanceof Agent && this.#shared) options.agent = this.#shared.instead(options.agent);
    options.headers = Object.assign({}, options.headers, { accept: 'application/json' }, type);
    return options;
  }
}

/** Connections that are kept for the next request, of the first agent that is offered. */
class SharedConnections {
  #agent: Agent | undefined;

  instead(agent: Agent): Agent {
    this.#agent ??= Object.assign(agent, { keepAlive: true });
    return this.#agent;
  }

  /** Closes them; one that is in use, when its answer has come. */
  end(): void {
    const agent = this.#agent && Object.assign(this.#agent, { keepAlive: false });
    for (const sockets of Object.values(agent?.freeSockets ?? {}))
      for (const socket of sockets ?? []) socket.destroy();
  }
}

/** The answer to a request. */
interface Answer {
  readonly status: number;
  readonly text: string;
  /** The header `Retry-After`, in seconds. */
  readonly retryAfter: number;
}

/**
 * Milliseconds after which a request is to be sent again; NaN when it is not: an API server that has too much to do has not
 * processed it (429, Kubernetes documentation, "API Priority and Fairness"). Some chance is in it, so that many do not come at once.
 */
function postponement({ status, retryAfter }: Answer): number {
  return status === 429 && retryAfter > 0 ? 1000 * retryAfter * (1 + Math.random() / 2) : Number.NaN;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Begins a request whose answer goes on. */
function begin(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const call = start(url, options, resolve);
    // A late one is told by the answer as well.
    call.on('error', reject);
    call.end();
  });
}

/** Sends one request, and gives the whole answer. */
function send(url: URL, options: RequestOptions, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const call = start(url, options, (response) => {
      const tooLong = (): Error => new Error(`an answer of more than ${longestAnswer} bytes`);
      boundedText(response, longestAnswer, tooLong).then(
        (text) =>
          resolve({
            status: response.statusCode ?? 0,
            text,
            retryAfter: Number(response.headers['retry-after']),
          }),
        reject,
      );
    });
    call.on('error', reject);
    const text = body === undefined ? '' : JSON.stringify(body);
    // Of a DELETE, Node would send the body without its length, and it would be ignored.
    if (text !== '') call.setHeader('content-length', Buffer.byteLength(text));
    call.end(text);
  });
}

/** The error for credentials that the kubeconfig promises and that cannot be had; its program's words end with a newline. Pure. */
function credentialError(context: string, cause: unknown): KubernetesError {
  const isAbsent = cause instanceof Error && isMissing(cause) && 'path' in cause;
  const words = isAbsent ? `there is no program ${String(cause.path)}` : messageOf(cause).trim();
  return new KubernetesError(`the credentials of the context ${context}: ${words}`, {
    status: 401,
    about: context,
    hint: isAbsent
      ? 'the kubeconfig names this program for the credentials: install it, or correct its path; kubectl needs it as well'
      : loginHint,
    cause,
  });
}
