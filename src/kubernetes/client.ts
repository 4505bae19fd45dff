import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { z } from 'zod';
import type { KubeConfig } from '@kubernetes/client-node';
import { CndError, messageOf } from '../error.ts';
import { boundedText } from '../text.ts';
import { withDeadline } from '../wait.ts';
import { KubernetesError, refusal } from './failure.ts';
import type { ClusterPlace } from './kubeconfig.ts';

/** Milliseconds for an answer. */
const answerTimeout = 10_000;

/** The longest answer that is read, in bytes: that of a list of some ten thousand pods. */
const longestAnswer = 1 << 28;

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

  constructor(config: KubeConfig, place: ClusterPlace) {
    this.config = config;
    this.place = place;
  }

  /** The address of the API server. */
  get server(): string {
    return this.config.getCurrentCluster()?.server ?? '';
  }

  /**
   * One request, and the answer as its schema has it.
   * @throws KubernetesError; the signal's reason when that aborts.
   */
  async request<Schema extends z.ZodType>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    schema: Schema,
    request: ApiRequest,
  ): Promise<z.output<Schema>> {
    const { what, query = {}, body, signal, timeout = answerTimeout } = request;
    signal?.throwIfAborted();
    const parameters = new URLSearchParams(query).toString();
    const url = new URL(`${this.server}${path}${parameters === '' ? '' : `?${parameters}`}`);
    const options = await this.#options(method, body !== undefined);
    const { status, text } = await withDeadline(timeout, signal, (until) =>
      send(url, { ...options, signal: until }, body),
    ).catch((cause: unknown) => {
      signal?.throwIfAborted();
      if (cause instanceof CndError) throw cause;
      throw this.#unreached(what, cause);
    });
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

  async #options(method: string, hasBody: boolean): Promise<RequestOptions> {
    const options: RequestOptions = { method };
    try {
      await this.config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new KubernetesError(`the credentials of the context ${this.place.context}: ${messageOf(cause)}`, {
        status: 401,
        about: this.place.context,
        hint: 'log in again, as for kubectl; test with: kubectl auth whoami',
        cause,
      });
    }
    const type = hasBody ? { 'content-type': 'application/json' } : {};
    options.headers = Object.assign({}, options.headers, { accept: 'application/json' }, type);
    return options;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sends one request, and gives the whole answer. */
function send(
  url: URL,
  options: RequestOptions,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const call = start(url, options, (response) => {
      const tooLong = (): Error => new Error(`an answer of more than ${longestAnswer} bytes`);
      boundedText(response, longestAnswer, tooLong).then(
        (text) => resolve({ status: response.statusCode ?? 0, text }),
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
