import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Workspace, workspace } from '../cnd.ts';
import { eventually } from '../process.ts';
import { type Cluster, smallPods } from './cluster.ts';
import { podProcesses } from './pod-process.ts';

/** A workspace whose user has a kubeconfig, and rights in one namespace. */
export interface KubernetesPlace extends Workspace {
  readonly namespace: string;
  /** The environment of its user. */
  readonly env: NodeJS.ProcessEnv;
  /** Adds a context to the kubeconfig, for the same user and namespace on the cluster that is at this address. */
  addContext(name: string, server: string): Promise<void>;
  /** What is left of a run on the cluster and on this machine, in words. */
  left(run: string): Promise<string[]>;
  /** Resolves once nothing is. */
  untilClean(run: string): Promise<void>;
}

/** The kernels of its pods are pow.py's, as slow as everywhere; `cnd` runs as the documented role alone. */
export async function kubernetesPlace(cluster: Cluster, namespace: string): Promise<KubernetesPlace> {
  const place = workspace();
  const KUBECONFIG = await cluster.tenant(namespace);
  const config = { fleet: 'kubernetes', kubernetes: smallPods };
  writeFileSync(join(place.directory, 'cnd.config.json'), JSON.stringify(config));
  const authority = join(cluster.directory, 'pki/ca.crt');
  const env = { KUBECONFIG, HOME: place.directory };
  const left = async (run: string): Promise<string[]> => {
    const selector = ['-n', namespace, 'get', 'jobs,pods', '-l', `cnd/run=${run}`, '-o', 'name'];
    const objects = (await cluster.kubectl(selector)).split('\n').filter((name) => name !== '');
    const state = join(place.state, 'cnd', run);
    return [
      ...objects,
      ...podProcesses(run).map((pid) => `process ${pid}`),
      ...(existsSync(state) ? [state] : []),
    ];
  };
  const addContext = async (name: string, server: string): Promise<void> => {
    const config = (...words: string[]) => cluster.kubectl(['--kubeconfig', KUBECONFIG, 'config', ...words]);
    await config('set-cluster', name, '--server', server, '--certificate-authority', authority);
    await config('set-context', name, '--cluster', name, '--user', 'user', '--namespace', namespace);
  };
  return {
    ...place,
    addContext,
    namespace,
    env,
    start: (args, more = {}) => place.start(args, { ...env, ...more }),
    run: (args, more = {}) => place.run(args, { ...env, ...more }),
    left,
    untilClean: async (run) => {
      let last: string[] = [];
      const isClean = async (): Promise<boolean> => (last = await left(run)).length === 0;
      await eventually('nothing left', isClean).catch((cause: unknown) => {
        throw new Error(`left: ${last.join(', ')}`, { cause });
      });
    },
  };
}
