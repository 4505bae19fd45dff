import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { KubernetesClient } from '../../src/kubernetes/client.ts';
import { loadKubeconfig } from '../../src/kubernetes/kubeconfig.ts';

// Credentials and moments that the cluster of the tests does not have; what an API server does otherwise is tested on that.
let home: string;
let server: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let close: () => void;
const connections: Socket[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'cnd-client-'));
  const made = createServer((request, response) => answer(request, response));
  made.on('connection', (socket) => connections.push(socket));
  await once(made.listen(0, '127.0.0.1'), 'listening');
  server = `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
  close = () => {
    made.closeAllConnections();
    made.close();
  };
});
afterEach(() => {
  close();
  rmSync(home, { recursive: true });
});

async function clientOf(user: object): Promise<KubernetesClient> {
  const kubeconfig = {
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  };
  writeFileSync(join(home, 'config'), JSON.stringify(kubeconfig));
  const { config, place } = await loadKubeconfig({ KUBECONFIG: join(home, 'config') });
  return new KubernetesClient(config, place);
}

/** The user of a credential plugin, which is this shell script. */
function plugin(script: string): object {
  const command = join(home, 'plugin');
  writeFileSync(command, `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o755);
  const apiVersion = 'client.authentication.k8s.io/v1';
  return { exec: { apiVersion, command, args: [], interactiveMode: 'IfAvailable' } };
}

const ask = async (client: KubernetesClient, more: object = {}) =>
  client.request('GET', '/x', z.unknown(), { what: 'asking', ...more });

test('a credential plugin is told that nobody can be asked, and asked again once its token has expired', async () => {
  const tokens: (string | undefined)[] = [];
  answer = (request, response) => {
    tokens.push(request.headers.authorization);
    response.end('{}');
  };
  const client = await clientOf(
    plugin(
      [
        `echo "$KUBERNETES_EXEC_INFO" >'${home}/information'`,
        `echo x >>'${home}/calls'`,
        `n=$(grep -c x '${home}/calls')`,
        // The first is over before it is used again.
        'e=2999-01-01T00:00:00Z; [ $n -gt 1 ] || e=2001-01-01T00:00:00Z',
        `echo '{"status": {"token": "t'$n'", "expirationTimestamp": "'$e'"}}'`,
      ].join('\n'),
    ),
  );
  for (let times = 0; times < 3; times++) await ask(client);
  expect(tokens).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2']);
  expect(JSON.parse(readFileSync(join(home, 'information'), 'utf8'))).toMatchObject({
    kind: 'ExecCredential',
    spec: { interactive: false },
  });
});

test('a credential plugin that fails, or waits for somebody, is told as such and hides nothing', async () => {
  answer = (_, response) => response.end('{}');
  const failing = await clientOf(plugin('echo "login expired" >&2; exit 1'));
  await expect(ask(failing)).rejects.toMatchObject({
    code: 'kubernetes-unauthorized',
    message: expect.stringMatching(/^the credentials of the context c: .*login expired/),
    hint: expect.stringContaining('log in again'),
  });
  // Whoever has no time for it is not made to wait.
  const waiting = await clientOf(plugin(`echo $$ >'${home}/pid'; exec sleep 100`));
  const leaving = new AbortController();
  const asking = ask(waiting, { signal: leaving.signal });
  await expect
    .poll(() => existsSync(join(home, 'pid')) && readFileSync(join(home, 'pid'), 'utf8'))
    .toMatch(/\d/);
  leaving.abort(new Error('no time'));
  await expect(asking).rejects.toThrow('no time');
  process.kill(Number(readFileSync(join(home, 'pid'), 'utf8')));
});

test('credentials that are not accepted any more say so, and what to do', async () => {
  answer = (_, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', message: 'Unauthorized', code: 401 }));
  };
  await expect(ask(await clientOf({ token: 't' }))).rejects.toMatchObject({
    code: 'kubernetes-unauthorized',
    message: `${server} does not accept the credentials of the kubeconfig: Unauthorized`,
    hint: expect.stringContaining('kubectl auth whoami'),
  });
});

test('a request that is postponed for longer than it may take is refused, and not repeated', async () => {
  let requests = 0;
  answer = (_, response) => {
    requests += 1;
    response.writeHead(429, { 'retry-after': '60' }).end();
  };
  await expect(ask(await clientOf({ token: 't' }))).rejects.toMatchObject({ status: 429 });
  expect(requests).toBe(1);
});

test('many requests share connections while they are told to, and none is left afterwards', async () => {
  answer = (_, response) => void setTimeout(() => response.end('{}'), 5);
  const client = await clientOf({ token: 't' });
  connections.length = 0;
  const limit = pLimit(4);
  await client.sharing(() => Promise.all(Array.from({ length: 40 }, () => limit(() => ask(client)))));
  expect(connections.length).toBeLessThanOrEqual(4);
  await expect.poll(() => connections.every(({ destroyed }) => destroyed)).toBe(true);
});
