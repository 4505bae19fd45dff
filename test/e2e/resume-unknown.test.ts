import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workspace } from '../helper/cnd.ts';

test('a run that nobody knows is looked for with one client of each cluster, as by attach', async () => {
  const place = workspace();
  const api = createServer((_, answer) => {
    answer.setHeader('Content-Type', 'application/json');
    answer.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: {}, items: [] }));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const { port } = api.address() as AddressInfo;
  const used = join(place.directory, 'used');
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 't', expirationTimestamp: '2099-01-01T00:00:00Z' },
  };
  // Each client asks for credentials of its own, and keeps them.
  const script = `echo client >>'${used}'; echo '${JSON.stringify(credential)}'`;
  const exec = {
    apiVersion: credential.apiVersion,
    command: 'sh',
    args: ['-c', script],
    interactiveMode: 'Never',
  };
  const kubeconfig = join(place.directory, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'here',
    }),
  );
  const looks = async (command: string): Promise<number> => {
    writeFileSync(used, '');
    const { code } = await place.run([command, '20261120-081103-x7k2'], { KUBECONFIG: kubeconfig });
    expect(code).toBe(2);
    return readFileSync(used, 'utf8').split('\n').length - 1;
  };
  try {
    const once = await looks('attach');
    expect(once).toBeGreaterThan(0);
    expect(await looks('resume')).toBe(once);
  } finally {
    api.close();
    place.remove();
  }
});
