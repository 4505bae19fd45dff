import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Cluster, clusterTimeout } from './cluster.ts';
import { type KubernetesPlace, kubernetesPlace } from './place.ts';

/** A cluster for the tests of a block, and users of it. */
export interface UsedCluster {
  readonly cluster: Cluster;
  /** A user of its own, with a namespace of its own; both are gone after the test. */
  place(): Promise<KubernetesPlace>;
}

/** Starts a cluster before the first test of the block that calls it, and ends it after the last. `name`: of its namespaces. */
export function useCluster(name: string): UsedCluster {
  let started: Cluster | undefined;
  let count = 0;
  const places: KubernetesPlace[] = [];
  const cluster = (): Cluster => {
    if (!started) throw new Error('the cluster is started before the first test, and not earlier');
    return started;
  };
  beforeAll(async () => {
    started = await Cluster.start();
  }, clusterTimeout);
  afterEach(async () => {
    for (const place of places.splice(0)) {
      place.remove();
      const namespace = ['namespace', place.namespace];
      await cluster().kubectl(['delete', ...namespace, '--wait=false', '--ignore-not-found']);
    }
  });
  afterAll(() => started?.stop());
  return {
    get cluster() {
      return cluster();
    },
    async place() {
      const made = await kubernetesPlace(cluster(), `${name}-${Date.now()}-${count++}`);
      places.push(made);
      return made;
    },
  };
}

/** The environment in which a user of a place is on another machine: with another state directory. */
export function elsewhere({ directory }: Pick<KubernetesPlace, 'directory'>, name = 'elsewhere') {
  return { XDG_STATE_HOME: join(directory, name) };
}
