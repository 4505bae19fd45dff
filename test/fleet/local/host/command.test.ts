import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

import ssh2 from 'ssh2';
import { expect, it, onTestFinished } from 'vitest';

import { loginUser } from '../../../../src/fleet/local/environment.ts';
import { PendingLogins } from '../../../../src/fleet/local/host/pending-login.ts';
import { SshServer } from '../../../../src/fleet/local/host/ssh-server.ts';
import { generateKeyPair } from '../../../../src/session/ssh/key.ts';

/**
 * Runs a command on a server that hears of its end before it has read any of its output, and tells what the client saw. That
 * happens where many commands run: one SIGCHLD makes libuv reap all that have ended, also those whose pipes it has not polled since.
 */
async function seenOf(command: string, code: number | null, signal?: NodeJS.Signals): Promise<string[]> {
  const [hostKey, loginKey] = [generateKeyPair(), generateKeyPair()];
  const keys = { host: hostKey.privateKey, login: loginKey.publicKey };
  const server = new SshServer(keys, new PendingLogins(), (line) => {
    const child = spawn('/bin/sh', ['-c', line]);
    const state = (): string => spawnSync('ps', ['-o', 'stat=', '-p', String(child.pid)]).stdout.toString();
    while (!state().startsWith('Z'));
    process.nextTick(() => child.emit('exit', code, signal ?? null));
    return child;
  });
  const client = new ssh2.Client();
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const port = await server.listen();
  client.connect({ host: '127.0.0.1', port, username: loginUser, privateKey: loginKey.privateKey });
  await once(client, 'ready');
  const seen: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      channel.on('data', (data: Buffer) => seen.push(`stdout ${data.toString()}`));
      channel.stderr.on('data', (data: Buffer) => seen.push(`stderr ${data.toString()}`));
      channel.on('exit', (code: number | null, signal?: string) => seen.push(`exit ${signal ?? code}`));
      channel.on('close', () => resolve());
    });
  });
  return seen;
}

it('tells what a command wrote before it tells how it ended, however busy the host is', async () => {
  expect(await seenOf('printf out; printf err >&2; exit 3', 3)).toEqual([
    'stdout out',
    'stderr err',
    'exit 3',
  ]);
  expect(await seenOf('printf out; kill -TERM $$', null, 'SIGTERM')).toEqual(['stdout out', 'exit SIGTERM']);
  expect(await seenOf('exit 4', 4)).toEqual(['exit 4']);
});
