import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, clusterTimeout } from '../helper/kubernetes/cluster.ts';
import { hasCluster } from '../helper/kubernetes/installed.ts';
import { eventually } from '../helper/process.ts';

describe.runIf(hasCluster())('a cluster of the tests', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  }, clusterTimeout);
  afterAll(() => cluster.stop());

  test('has a node that is ready, and comes back after a part of it was killed', async () => {
    const nodes = async () => cluster.kubectl(['get', 'nodes', '--no-headers']);
    expect(await nodes()).toMatch(/^\S+ +Ready /);
    await cluster.restart('apiserver', 1);
    await eventually('the API server is back', async () => /Ready/.test(await nodes().catch(() => '')));
    await cluster.stop();
    expect(existsSync(cluster.directory)).toBe(process.env['CND_TEST_CLUSTER'] !== undefined);
    expect(existsSync('/sys/class/net/cnd-kube0')).toBe(process.env['CND_TEST_CLUSTER'] !== undefined);
  }, 120_000);
});
