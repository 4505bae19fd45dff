import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { KubernetesFleet, openClient } from '../../src/fleet/kubernetes/kubernetes.ts';
import type { KubernetesClient } from '../../src/kubernetes/client.ts';
import { PodSession } from '../../src/session/kubernetes/pod-session.ts';
import { DelayProxy } from '../helper/delay-proxy.ts';
import { Cluster, clusterTimeout, smallPods } from '../helper/kubernetes/cluster.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import { podProcesses } from '../helper/kubernetes/pod-process.ts';
import { TestPod } from '../helper/kubernetes/test-pod.ts';
import { eventually } from '../helper/process.ts';
import { describeFleet } from './fleet.ts';
import { describeSession } from './session.ts';

describe.runIf(hasCluster())('on a real cluster', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  }, clusterTimeout);
  afterAll(() => cluster.stop());

  describe('in a pod', () => {
    let pod: TestPod;
    beforeAll(async () => {
      pod = await TestPod.start(cluster, 'session');
    }, 60_000);
    afterAll(() => pod.delete());

    describeSession('by exec', async () => {
      const proxy = await DelayProxy.start(cluster.port, 0);
      const session = await PodSession.open(await pod.target(proxy.port));
      return {
        session,
        find: (pid) => pod.find(pid),
        lose: () => proxy.stop(),
        close: async () => proxy.stop(),
      };
    });
  });

  describe('as a user with the documented role', () => {
    const home = mkdtempSync(join(tmpdir(), 'cnd-kubernetes-'));
    let kubeconfig: string;
    beforeAll(async () => {
      kubeconfig = await cluster.tenant('team');
    }, 60_000);
    afterAll(() => rmSync(home, { recursive: true, force: true }));

    describeFleet('kubernetes', async () => {
      const env = { KUBECONFIG: kubeconfig, XDG_STATE_HOME: home };
      const fleetOf = (client: KubernetesClient) => new KubernetesFleet({ client, settings: smallPods, env });
      const client = await openClient(env, {});
      const nowhere = await openClient(env, { namespace: 'nowhere' });
      return {
        fleet: fleetOf(client),
        gone: ['terminated'],
        stranger: () => fleetOf(client),
        failing: () => fleetOf(nowhere),
        orphans: async (run) => {
          const left = async () => {
            const selector = `cnd/run=${run}`;
            const objects = await cluster.kubectl([
              '-n',
              'team',
              'get',
              'jobs,pods',
              '-l',
              selector,
              '-o',
              'name',
            ]);
            return [...objects.split('\n').filter((name) => name !== ''), ...podProcesses(run)];
          };
          // The processes of a pod object that is gone are dead, but perhaps not yet reaped.
          await eventually('nothing left', async () => (await left()).length === 0, 3).catch(() => {});
          return left();
        },
        close: async () => {},
      };
    });
  });
});
