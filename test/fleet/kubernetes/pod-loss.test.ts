import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectPod } from '../../../src/fleet/kubernetes/connect.ts';
import { KubernetesFleet, openClient } from '../../../src/fleet/kubernetes/kubernetes.ts';
import type { KubernetesClient } from '../../../src/kubernetes/client.ts';

const run = '20261129-120000-abcd';
const disrupted = [
  { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API' },
];

/** A pod of the run, as it is while it runs or, with conditions, as it is being evicted. */
function pod(index: number, conditions: object[] = []) {
  const name = `cnd-${run}-${index}-x`;
  const labels = { 'batch.kubernetes.io/job-completion-index': String(index) };
  const deletionTimestamp = conditions.length > 0 ? '2026-11-29T12:00:00Z' : null;
  const containerStatuses = [{ name: 'worker', state: { running: {} } }];
  return {
    metadata: { name, namespace: 'team', labels, deletionTimestamp },
    status: { phase: 'Running', conditions, containerStatuses },
  };
}

// An API server at moments that a real one has too seldom and too shortly for a test: what it does otherwise is tested on a cluster.
let home: string;
let pods: object[];
let watchers: ServerResponse[];
let client: KubernetesClient;
let close: () => void;
/** Answers, before anything else, what a test wants to be answered. */
let instead: (request: IncomingMessage, response: ServerResponse) => boolean;

beforeEach(async () => {
  pods = [pod(0), pod(1)];
  watchers = [];
  instead = () => false;
  const json = (response: ServerResponse, value: object): void => void response.end(JSON.stringify(value));
  const server = createServer((request, response) => {
    if (instead(request, response)) return;
    const { url = '' } = request;
    if (url.includes('/jobs/')) return json(response, { metadata: { name: 'x' }, spec: { completions: 2 } });
    if (!url.includes('watch=true'))
      return json(response, { metadata: { resourceVersion: '7' }, items: pods });
    response.flushHeaders();
    watchers.push(response);
  });
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  home = mkdtempSync(join(tmpdir(), 'cnd-pods-'));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = {
    clusters: [{ name: 'c', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
    'current-context': 'c',
  };
  writeFileSync(join(home, 'config'), JSON.stringify(kubeconfig));
  client = await openClient({ KUBECONFIG: join(home, 'config') }, {});
  close = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(() => {
  close();
  rmSync(home, { recursive: true });
});

async function recovered(): Promise<KubernetesFleet> {
  const fleet = new KubernetesFleet({ client, env: { XDG_STATE_HOME: home } });
  await fleet.recover(run, { context: 'c', namespace: 'team', count: 2 });
  return fleet;
}

test('a pod that came and went between two lists is told with the cause that the watch had', async () => {
  const fleet = await recovered();
  expect((await fleet.describe(run)).map(({ state }) => state)).toEqual(['running', 'running']);
  await expect.poll(() => watchers.length).toBe(1);
  const evicted = pod(1, disrupted);
  for (const type of ['MODIFIED', 'DELETED'])
    watchers[0]?.write(`${JSON.stringify({ type, object: evicted })}\n`);
  pods = [pod(0)];
  expect((await fleet.describe(run))[1]).toMatchObject({
    state: 'terminated',
    reason: expect.stringMatching(/^evicted: its node is being drained/),
    endedBy: 'service',
  });
  await fleet.dispose(run);
});

test('without the right to watch it is told as deleted, and at once when its Job is deleted as well', async () => {
  instead = ({ url = '' }, response) => {
    if (!url.includes('watch=true')) return false;
    response.writeHead(403).end('{}');
    return true;
  };
  const fleet = await recovered();
  await fleet.describe(run);
  pods = [pod(0)];
  expect((await fleet.describe(run))[1]).toMatchObject({
    state: 'terminated',
    reason: 'its pod was deleted',
  });
  pods = [];
  instead = ({ url = '' }, response) => {
    if (!url.includes('/jobs/')) return false;
    response.writeHead(404).end('{}');
    return true;
  };
  const gone = { state: 'terminated', reason: 'its Job was deleted' };
  expect(await fleet.describe(run)).toMatchObject([gone, gone]);
  await fleet.dispose(run);
});

test('a kubelet that knows a pod not yet, as it has just started, is asked again; a pod that is gone is not', async () => {
  const causes: string[] = [];
  const instance = { id: 'x', index: 0, state: 'running', address: `team/cnd-${run}-0-x` } as const;
  const { signal } = new AbortController();
  const connecting = connectPod(client, instance, {
    signal,
    onWait: (_cause, message) => {
      causes.push(message);
      pods = [];
    },
  });
  await expect(connecting).rejects.toMatchObject({ code: 'pod-gone' });
  expect(causes).toHaveLength(1);
});
