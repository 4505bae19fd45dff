import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { text } from 'node:stream/consumers';
import type { Cluster } from './cluster.ts';

/** Milliseconds for an answer: a part of the cluster may be down. */
const answerTimeout = 5_000;

const objects = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      status: z
        .object({
          phase: z.string().optional(),
          conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
        })
        .optional(),
    }),
  ),
});

/** What says that a pod, or a Job, has ended for good: nothing of it runs. */
const ends = new Set(['Failed', 'Succeeded', 'Complete']);

/**
 * The API server as its administrator reaches it, without kubectl (which costs 0.2 s of CPU a call) and without the product: a
 * second opinion.
 */
export class Admin {
  readonly #options: {
    readonly port: number;
    readonly ca: Buffer;
    readonly cert: Buffer;
    readonly key: Buffer;
  };

  constructor({ directory, port }: Cluster) {
    const pki = (name: string): Buffer => readFileSync(join(directory, 'pki', name));
    this.#options = { port, ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') };
  }

  /** @throws Error with what the API server says, and when it does not answer. */
  async call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const signal = AbortSignal.timeout(answerTimeout);
    const options = { ...this.#options, host: '127.0.0.1', method, path, headers, signal, agent: false };
    const answer = await new Promise<{ readonly status: number; readonly said: string }>(
      (resolve, reject) => {
        const asking = request(options, (response) => {
          text(response).then((said) => resolve({ status: response.statusCode ?? 0, said }), reject);
        });
        asking.on('error', reject);
        const sent = body === undefined ? '' : JSON.stringify(body);
        asking.setHeader('content-length', Buffer.byteLength(sent));
        asking.end(sent);
      },
    );
    if (answer.status > 299) {
      const said = `${method} ${path}: ${answer.status} ${answer.said.slice(0, 300)}`;
      throw Object.assign(new Error(said), { status: answer.status });
    }
    return JSON.parse(answer.said);
  }

  /** Deletes something that may be gone, or being deleted, already. @throws Error as `call` */
  async delete(path: string): Promise<void> {
    const isGone = (error: unknown): boolean =>
      error instanceof Error && 'status' in error && (error.status === 404 || error.status === 409);
    await this.call('DELETE', path).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  }

  /**
   * What there is of a run, in whichever namespace, as `pods NAME`; with `living` only what has not ended. A Job that is being deleted
   * makes no pods any more (its controller sees to that); those it has count by themselves.
   */
  async objects(run: string, { living = false } = {}): Promise<string[]> {
    const query = `?labelSelector=${encodeURIComponent(`cnd/run=${run}`)}`;
    const kinds = ['apis/batch/v1/jobs', 'api/v1/pods', 'api/v1/configmaps'];
    const found = await Promise.all(
      kinds.map(async (kind) => {
        const { items } = objects.parse(await this.call('GET', `/${kind}${query}`));
        const isOver = ({
          phase = '',
          conditions = [],
        }: (typeof items)[number]['status'] & object): boolean =>
          ends.has(phase) || conditions.some(({ type, status }) => ends.has(type) && status === 'True');
        return items
          .filter(({ metadata, status }) => {
            const isGoing = kind.endsWith('jobs') && metadata.deletionTimestamp !== undefined;
            return !living || !(isGoing || isOver(status ?? {}));
          })
          .map(({ metadata }) => `${kind.split('/').at(-1)} ${metadata.name}`);
      }),
    );
    return found.flat();
  }
}
