import { afterAll, beforeAll, describe } from 'vitest';
import { PodSession } from '../../src/session/kubernetes/pod-session.ts';
import { DelayProxy } from '../helper/delay-proxy.ts';
import { Cluster, clusterTimeout } from '../helper/kubernetes/cluster.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import { TestPod } from '../helper/kubernetes/test-pod.ts';
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
});
