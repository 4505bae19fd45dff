import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../stage/repository.ts';
import { installed, kubernetesHelpers } from './installed.ts';

/** A part of the cluster that can be killed. */
export type ClusterPart = 'apiserver' | 'etcd' | 'kubelet' | 'containerd' | 'controllers' | 'scheduler';

/** The image with Python that every node of it has. */
export const testImage = 'localhost/python:3';

/** Settings with which many pods fit on it. */
export const smallPods = { image: testImage, cpu: '10m', memory: '64Mi' } as const;

/** Milliseconds for a cluster to start, with what was started before it: only one runs on a machine. */
export const clusterTimeout = 600_000;

/**
 * A real Kubernetes of one node on loopback: etcd, API server, controllers, scheduler, kubelet, containerd and runc. It ends
 * with this process, however that ends.
 */
export class Cluster {
  /** Where it keeps everything; its logs are in `log`. */
  readonly directory: string;
  readonly #holder: ChildProcess | undefined;

  private constructor(directory: string, holder?: ChildProcess) {
    this.directory = directory;
    this.#holder = holder;
  }

  /**
   * Waits for another one on this machine to end. $CND_TEST_CLUSTER names the directory of one that is up already, for work on
   * the tests. @throws when it does not come up.
   */
  static async start(): Promise<Cluster> {
    const running = process.env['CND_TEST_CLUSTER'];
    if (running !== undefined) return new Cluster(running);
    // Short: sockets are in it, whose paths are limited to 107 bytes.
    const directory = mkdtempSync('/tmp/cnd-kube-');
    const { program, images } = installed();
    const holder = spawn(join(kubernetesHelpers, 'cluster/hold.sh'), [directory], {
      env: { ...process.env, KUBE: program, IMAGES: images, KUBECONFIG: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    let words = '';
    holder.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    const ready = once(holder.stdout, 'data');
    const ended = once(holder, 'exit').then(() => {
      throw new Error(`the cluster does not start: ${words}`);
    });
    await Promise.race([ready, ended]);
    ended.catch(() => {});
    return new Cluster(directory, holder);
  }

  /** The kubeconfig of its administrator. */
  get kubeconfig(): string {
    return join(this.directory, 'admin.conf');
  }

  /** The port of its API server on loopback. */
  readonly port = 16_443;

  /** Runs kubectl as the administrator, and gives what it says. @throws when it fails. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const running = promisify(execFile)(
      installed().program,
      ['kubectl', '--kubeconfig', this.kubeconfig, ...args],
      { maxBuffer: 2 ** 26 },
    );
    running.child.stdin?.end(input ?? '');
    return (await running).stdout;
  }

  /** Creates what is described, as YAML or JSON. */
  async apply(manifest: string | object): Promise<void> {
    const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
    await this.kubectl(['apply', '-f', '-'], text);
  }

  /**
   * A namespace in which Pod Security is `restricted`, and the kubeconfig of a user who has these rules there and no others; by
   * default those of docs/kubernetes.md.
   */
  async tenant(namespace: string, rules: readonly object[] = documentedRules()): Promise<string> {
    const user = `${namespace}-user`;
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'cnd', namespace } };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'cnd' };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
    await this.apply({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
        { ...rbac, kind: 'Role', rules },
        { ...rbac, kind: 'RoleBinding', roleRef, subjects },
      ],
    });
    const kubeconfig = join(this.directory, `${user}.conf`);
    await promisify(execFile)(join(kubernetesHelpers, 'cluster/user.sh'), [
      this.directory,
      user,
      namespace,
      kubeconfig,
    ]);
    return kubeconfig;
  }

  /** Kills a part (SIGKILL), and starts it again after so many seconds. */
  async restart(part: ClusterPart, seconds = 0): Promise<void> {
    const script = join(kubernetesHelpers, 'cluster/restart.sh');
    await promisify(execFile)(script, [this.directory, part, String(seconds)]);
  }

  /** Ends all of it, and resolves once nothing of it is left. */
  async stop(): Promise<void> {
    const holder = this.#holder;
    if (!holder) return;
    const ended = once(holder, 'exit');
    holder.stdin?.end();
    if (holder.exitCode === null) await ended;
  }
}

/** The rules of the role in docs/kubernetes.md. */
export function documentedRules(): object[] {
  const text = readFileSync(join(repository, 'docs/kubernetes.md'), 'utf8');
  const lines = [...text.matchAll(/^ {2}- (\{ apiGroups.*\})$/gm)].map(([, line = '']) => line);
  // As YAML has it in one line; quotes and names are all that differ from JSON.
  const json = lines.map((line) => line.replaceAll("''", '""').replace(/([a-zA-Z][\w/]*)/g, '"$1"'));
  return json.map((line): object => Object(JSON.parse(line)));
}
