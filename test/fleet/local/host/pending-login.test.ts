import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Instance } from '../../../../src/instance.ts';
import { ControlServer } from '../../../../src/fleet/local/host/control-server.ts';
import { PendingLogins } from '../../../../src/fleet/local/host/pending-login.ts';
import { SshServer } from '../../../../src/fleet/local/host/ssh-server.ts';
import { hostRecord } from '../../../../src/fleet/local/record.ts';
import { generateKeyPair } from '../../../../src/session/ssh/key.ts';
import { eventually } from '../../../helper/process.ts';
import { Lab, machinery } from '../../lab.ts';

const lab = new Lab();
const fleet = lab.fleet();
let run: string;
let instance: Instance;
const sockets: Socket[] = [];

beforeAll(async () => {
  const launched = await lab.launch(fleet, { count: 1 });
  run = launched.run;
  [instance] = launched.instances as [Instance];
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await fleet.terminate(run);
  await lab.close();
});

/** Many connections that say this and nothing more, and never read. */
async function idlers(port: number, count: number, words: string): Promise<Socket[]> {
  const made = Array.from({ length: count }, () => connect({ host: '127.0.0.1', port }));
  sockets.push(...made);
  await Promise.all(
    made.map(async (socket) => {
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      if (words) socket.write(words);
      socket.resume();
    }),
  );
  return made;
}

const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
const living = (made: readonly Socket[]): number => made.filter(({ closed }) => !closed).length;

test('hundreds of idle connections to both ports are cut down to a hundred, and those who may still get in', async () => {
  const { pid } = machinery(run, 'local-host');
  const before = descriptors(pid);
  const session = await lab.login(instance);
  const record = hostRecord.parse(JSON.parse(readFileSync(join(lab.directory(run), 'host.json'), 'utf8')));
  const made = [
    ...(await idlers(lab.accessOf(instance).port, 300, '')),
    ...(await idlers(record.port, 200, '{"ask":"terminate"')),
    ...(await idlers(lab.accessOf(instance).port, 300, 'SSH-2.0-idle\r\n')),
  ];
  await eventually('all but a hundred are cut', () => living(made) <= 100);
  expect(descriptors(pid)).toBeLessThan(before + 110);
  expect((await (await lab.login(instance)).run('echo in')).stdout).toBe('in\n');
  expect((await fleet.describe(run)).map(({ state }) => state)).toEqual(['running']);
  // Who was in before is not one of those that may be cut.
  expect((await session.run('echo still')).stdout).toBe('still\n');
});

test('a connection that does not log in is cut after a while, on both ports, also one that keeps talking', async () => {
  const logins = new PendingLogins({ most: 10, milliseconds: 300 });
  const keys = { host: generateKeyPair().privateKey, login: generateKeyPair().publicKey };
  const ssh = new SshServer(keys, logins, () => undefined);
  const control = new ControlServer('a token', logins, () => Promise.resolve({ instances: [] }));
  const ports = [await ssh.listen(), await control.listen()];
  const made = await Promise.all(ports.map(async (port) => idlers(port, 2, 'S')));
  const talking = setInterval(() => {
    for (const [, talker] of made) talker?.write('S');
  }, 50);
  await eventually('all are cut', () => living(made.flat()) === 0);
  clearInterval(talking);
  expect(made.flat()).toHaveLength(4);
  ssh.close();
  await control.drain(100);
});

test('an unauthenticated request of unbounded length is not read', async () => {
  const control = new ControlServer('a token', new PendingLogins(), () => Promise.resolve({ instances: [] }));
  const [socket] = (await idlers(await control.listen(), 1, '')) as [Socket];
  socket.write('x'.repeat(300_000));
  await eventually('it is cut', () => socket.closed);
  expect(socket.bytesRead).toBe(0);
  await control.drain(100);
});
