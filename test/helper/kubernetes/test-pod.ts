import { readdirSync } from 'node:fs';
import { loadKubeconfig } from '../../../src/kubernetes/kubeconfig.ts';
import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import type { ExecTarget } from '../../../src/session/kubernetes/exec-socket.ts';
import { type ProcessIdentity, identify } from '../../../src/state/process.ts';
import { type Cluster, testImage } from './cluster.ts';
import { readProcess } from './pod-process.ts';

/** A pod that sees the /tmp of this machine, as root: its files and processes can be looked at from here. */
export class TestPod {
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #uid: string;

  private constructor(cluster: Cluster, name: string, uid: string) {
    this.#cluster = cluster;
    this.#name = name;
    this.#uid = uid;
  }

  /** Resolves once it is running. */
  static async start(cluster: Cluster, name: string): Promise<TestPod> {
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 1,
        automountServiceAccountToken: false,
        containers: [
          {
            name: 'worker',
            image: testImage,
            command: ['/bin/sh', '-c', "trap 'exit 5' TERM; while :; do sleep 1 & wait $!; done"],
            volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
          },
        ],
        volumes: [{ name: 'tmp', hostPath: { path: '/tmp' } }],
      },
    });
    await cluster.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
    const uid = await cluster.kubectl(['get', 'pod', name, '-o', 'jsonpath={.metadata.uid}']);
    return new TestPod(cluster, name, uid);
  }

  /** Its container, by way of another port of the API server's machine. */
  async target(port: number): Promise<ExecTarget> {
    const { config, place } = await loadKubeconfig({ KUBECONFIG: this.#cluster.kubeconfig });
    Object.assign(config.getCurrentCluster() ?? {}, { server: `https://127.0.0.1:${port}` });
    const client = new KubernetesClient(config, place);
    return { client, namespace: place.namespace, pod: this.#name, container: 'worker' };
  }

  /** The process of this machine that has this pid in the pod's container. */
  find(pid: number): ProcessIdentity | undefined {
    for (const own of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const status = readProcess(`/proc/${own}/status`);
      const inside = /^NSpid:.*\t(\d+)$/m.exec(status)?.[1];
      if (Number(inside) === pid && readProcess(`/proc/${own}/cgroup`).includes(this.#uid))
        return identify(Number(own));
    }
    return undefined;
  }

  async delete(): Promise<void> {
    await this.#cluster.kubectl(['delete', 'pod', this.#name, '--wait=false']);
  }
}
