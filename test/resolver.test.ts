import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { lookUpForSocket, lookUpAddresses } from '../src/resolver.ts';
import { tcpServer } from './helper/ssh-server.ts';
import { hasStage } from './helper/stage/available.ts';

test('finds what the system finds, also for a connection', async () => {
  const theirs = await lookup('localhost', { all: true });
  expect(await lookUpAddresses('localhost')).toEqual(theirs);
  const server = await tcpServer();
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: 'localhost', port: server.port, lookup: lookUpForSocket });
    socket.on('error', reject).on('connect', () => {
      socket.destroy();
      resolve();
    });
  });
  await server.stop();
  await expect(lookUpAddresses(`${'x'.repeat(64)}.invalid`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

// With a resolver that gives up after a minute.
test.runIf(hasStage())('a name server that is silent keeps no process from ending', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cnd-resolver-'));
  const file = join(directory, 'resolv.conf');
  writeFileSync(file, 'nameserver 127.0.0.53\noptions timeout:30 attempts:2\n');
  const module = fileURLToPath(new URL('../dist-module/session/ssh/connect.js', import.meta.url));
  const key = fileURLToPath(new URL('../dist-module/session/ssh/key.js', import.meta.url));
  const program = `
    import { createSocket } from 'node:dgram';
    import { connect } from ${JSON.stringify(module)};
    import { generateKeyPair } from ${JSON.stringify(key)};
    const silent = createSocket('udp4').bind(53, '127.0.0.53', async () => {
      const { privateKey, publicKey } = generateKeyPair();
      const access = { host: 'cnd.example', port: 22, user: 'me', privateKey, hostKeys: [publicKey] };
      const error = await connect(access, { timeout: 300 }).catch((error) => error);
      process.stdout.write(error.code);
      process.exit(0);
    });`;
  const script =
    'ip link set lo up && mount --bind "$1" /etc/resolv.conf && exec "$2" --input-type=module -e "$3"';
  const begin = performance.now();
  const said = await new Promise<string>((resolve, reject) => {
    execFile(
      'unshare',
      ['-rmn', 'sh', '-c', script, 'sh', file, process.execPath, program],
      { timeout: 50_000 },
      (error, stdout, stderr) => (error ? reject(new Error(stderr, { cause: error })) : resolve(stdout)),
    );
  });
  expect(said).toBe('ssh-timeout');
  expect(performance.now() - begin).toBeLessThan(25_000);
  rmSync(directory, { recursive: true });
});
