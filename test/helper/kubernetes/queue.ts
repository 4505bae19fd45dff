import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import type { Cluster } from './cluster.ts';

const review = z.object({ request: z.object({ uid: z.string() }) });

/** What a queue of a cluster (Kueue) does to the Jobs of a namespace: its webhook suspends each as it is created, until it admits it. */
export class Queue {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #server: Server;

  private constructor(cluster: Cluster, namespace: string, server: Server) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#server = server;
  }

  /** Resolves once Jobs are suspended. */
  static async start(cluster: Cluster, namespace: string): Promise<Queue> {
    const pki = (name: string): Buffer => readFileSync(join(cluster.directory, 'pki', name));
    const operations = [{ op: 'add', path: '/spec/suspend', value: true }];
    const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
    const server = createServer(
      { cert: pki('apiserver.crt'), key: pki('apiserver.key') },
      (request, response) => {
        void json(request).then((body) => {
          const { uid } = review.parse(body).request;
          const answer = { uid, allowed: true, patchType: 'JSONPatch', patch };
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }),
          );
        });
      },
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const queue = new Queue(cluster, namespace, server);
    await cluster.apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: namespace },
      webhooks: [
        {
          name: 'queue.example.com',
          clientConfig: {
            url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
            caBundle: pki('ca.crt').toString('base64'),
          },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          rules: [{ apiGroups: ['batch'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['jobs'] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    });
    return queue;
  }

  /** Suspends the Job of a run, or lets it have its pods. */
  async suspend(run: string, isSuspended: boolean): Promise<void> {
    const patch = JSON.stringify({ spec: { suspend: isSuspended } });
    await this.#cluster.kubectl(['-n', this.#namespace, 'patch', 'job', `cnd-${run}`, '-p', patch]);
  }

  async stop(): Promise<void> {
    await this.#cluster.kubectl(['delete', 'mutatingwebhookconfiguration', this.#namespace]);
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
