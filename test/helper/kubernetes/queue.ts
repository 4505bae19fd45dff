import type { Cluster } from './cluster.ts';
import { AdmissionWebhook } from './webhook.ts';

/** What a queue of a cluster (Kueue) does to the Jobs of a namespace: its webhook suspends each as it is created, until it admits it. */
export class Queue {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #webhook: AdmissionWebhook;

  private constructor(cluster: Cluster, namespace: string, webhook: AdmissionWebhook) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#webhook = webhook;
  }

  /** Resolves once Jobs are suspended. */
  static async start(cluster: Cluster, namespace: string): Promise<Queue> {
    const patch = [{ op: 'add', path: '/spec/suspend', value: true }];
    const webhook = await AdmissionWebhook.start(cluster, namespace, 'batch/jobs', () => ({ patch }));
    return new Queue(cluster, namespace, webhook);
  }

  /** Suspends the Job of a run, or lets it have its pods. */
  async suspend(run: string, isSuspended: boolean): Promise<void> {
    const patch = JSON.stringify({ spec: { suspend: isSuspended } });
    await this.#cluster.kubectl(['-n', this.#namespace, 'patch', 'job', `cnd-${run}`, '-p', patch]);
  }

  async stop(): Promise<void> {
    await this.#webhook.stop();
  }
}
