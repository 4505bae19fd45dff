import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import type { Cluster } from './cluster.ts';

const review = z.object({ request: z.object({ uid: z.string(), object: z.unknown() }) });

/** What a webhook says of an object that is to be created: JSON Patch operations, or why not. */
export type Verdict = { readonly patch: readonly object[] } | { readonly refusal: string };

/** A real admission webhook of a cluster, for one resource of one namespace. */
export class AdmissionWebhook {
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #server: Server;

  private constructor(cluster: Cluster, name: string, server: Server) {
    this.#cluster = cluster;
    this.#name = name;
    this.#server = server;
  }

  /** Resolves once the API server asks it. `resource`: its group and plural, as `batch/jobs`, or `pods`. */
  static async start(
    cluster: Cluster,
    namespace: string,
    resource: string,
    judge: (object: unknown) => Verdict,
  ): Promise<AdmissionWebhook> {
    const pki = (name: string): Buffer => readFileSync(join(cluster.directory, 'pki', name));
    const server = createServer(
      { cert: pki('apiserver.crt'), key: pki('apiserver.key') },
      (request, response) => {
        void json(request).then((body) => {
          const { uid, object } = review.parse(body).request;
          const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ ...answer, response: { uid, ...responseOf(judge(object)) } }));
        });
      },
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const [group = '', plural = ''] = resource.includes('/') ? resource.split('/') : ['', resource];
    const webhook = new AdmissionWebhook(cluster, namespace, server);
    await cluster.apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: namespace },
      webhooks: [
        {
          name: 'webhook.example.com',
          clientConfig: {
            url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
            caBundle: pki('ca.crt').toString('base64'),
          },
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          rules: [{ apiGroups: [group], apiVersions: ['v1'], operations: ['CREATE'], resources: [plural] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    });
    return webhook;
  }

  async stop(): Promise<void> {
    await this.#cluster.kubectl(['delete', 'mutatingwebhookconfiguration', this.#name]);
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function responseOf(verdict: Verdict): object {
  if ('refusal' in verdict)
    return { allowed: false, status: { code: 403, reason: 'Forbidden', message: verdict.refusal } };
  const patch = Buffer.from(JSON.stringify(verdict.patch)).toString('base64');
  return { allowed: true, patchType: 'JSONPatch', patch };
}
