import type { ServerResponse } from 'node:http';
import type { Cluster } from './cluster.ts';
import { ApiProxy, type Intercept } from './api-proxy.ts';

/** One watch on pods that was asked for. */
export interface AskedWatch {
  /** From which version on. */
  readonly version: string;
  readonly answer: ServerResponse;
}

/**
 * An API server behind a proxy that makes its pages small, and does with watches on pods what a test wants: what a real one does only
 * after hours, or in large clusters.
 */
export class WatchProxy {
  readonly watches: AskedWatch[] = [];
  /** Lists that were begun; their further pages do not count. */
  lists = 0;
  /** How many pages were asked for after the first of a list. */
  pages = 0;
  /** Seconds after which the API server ends a watch, in place of what is asked for. */
  seconds: number | undefined;
  /** Pods in a page. */
  pageSize = 2;
  /** Does something with a watch before it is forwarded. */
  onWatch: (answer: ServerResponse) => void | 'drop' | Promise<void | 'drop'> = () => {};
  /** Does something with anything else. */
  onOther: (request: { readonly method: string; readonly url: URL }, answer: ServerResponse) => void =
    () => {};
  #proxy: ApiProxy | undefined;

  static async start(cluster: Cluster, user: string): Promise<WatchProxy> {
    const made = new WatchProxy();
    const intercept: Intercept = async (request, answer) => {
      const url = new URL(request.path, 'https://api');
      const isPods = request.method === 'GET' && url.pathname.endsWith('/pods');
      if (!isPods || !url.searchParams.has('watch')) {
        if (url.searchParams.has('continue')) made.pages += 1;
        else if (isPods) made.lists += 1;
        if (url.searchParams.has('limit')) url.searchParams.set('limit', String(made.pageSize));
        request.path = url.pathname + url.search;
        return made.onOther({ method: request.method, url }, answer);
      }
      made.watches.push({ version: url.searchParams.get('resourceVersion') ?? '', answer });
      if (made.seconds !== undefined) url.searchParams.set('timeoutSeconds', String(made.seconds));
      request.path = url.pathname + url.search;
      return made.onWatch(answer);
    };
    made.#proxy = await ApiProxy.start(cluster, user, intercept);
    return made;
  }

  get url(): string {
    return this.#proxy?.url ?? '';
  }

  /** The connections of all watches are cut. */
  cut(): void {
    for (const { answer } of this.watches) answer.destroy();
  }

  stop(): void {
    this.#proxy?.stop();
  }
}
