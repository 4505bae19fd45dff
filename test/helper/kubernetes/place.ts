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
  return {
    ...place,
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
