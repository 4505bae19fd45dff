import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jumpAccess as accessOf, jumpPlace } from '../../../src/fleet/ec2/jump.ts';
import { generateKeyPair } from '../../../src/session/ssh/key.ts';

type Jump = Parameters<typeof accessOf>[0]['jump'];
const jumpAccess = (jump: Jump, env: NodeJS.ProcessEnv) => accessOf({ jump }, env);
const parseVia = (via: string) => jumpPlace({ jump: { via } }, { HOME: home });

const home = mkdtempSync(join(tmpdir(), 'cnd-jump-'));
const agent = join(home, 'agent');
const identity = join(home, 'key');
const hostKey = generateKeyPair().publicKey;
const login = generateKeyPair();
const server = createServer();

beforeAll(async () => {
  writeFileSync(identity, login.privateKey);
  await new Promise<void>((resolve) => server.listen(agent, resolve));
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true });
});

test('a jump host is written as for ssh', () => {
  expect(parseVia('ec2-user@bastion.example.com')).toEqual({
    user: 'ec2-user',
    host: 'bastion.example.com',
    port: 22,
  });
  expect(parseVia('me@10.0.0.1:2222')).toEqual({ user: 'me', host: '10.0.0.1', port: 2222 });
  expect(parseVia('me@[::1]:2222')).toEqual({ user: 'me', host: '::1', port: 2222 });
  expect(() => parseVia('me@bastion:port')).toThrow(/ec2\.jump\.via is 'me@bastion:port'/);
});

test('its key is pinned: the one in the configuration, or those of known_hosts', () => {
  const knownHosts = join(home, 'known_hosts');
  writeFileSync(knownHosts, `bastion ${hostKey}\n`);
  const expected = { host: 'bastion', port: 22, user: 'me', hostKeys: [hostKey], agent };
  const env = { HOME: home, SSH_AUTH_SOCK: agent };
  expect(jumpAccess({ via: 'me@bastion', hostKey: `${hostKey} me@x` }, env)).toEqual(expected);
  expect(jumpAccess({ via: 'me@bastion', knownHosts }, env)).toEqual(expected);
  const empty = join(home, 'empty');
  writeFileSync(empty, '');
  expect(() => jumpAccess({ via: 'me@bastion:2', knownHosts: empty }, env)).toThrow(
    expect.objectContaining({
      about: 'ec2.jump',
      message: expect.stringMatching(/host key is not known/) as string,
      hint: expect.stringContaining(`ssh-keyscan -p 2 bastion >> ${empty}`) as string,
    }),
  );
});

test('it is logged in to with the identity that is named, or else the ssh-agent', () => {
  const jump = { via: 'me@bastion', hostKey };
  expect(jumpAccess({ ...jump, identity }, { HOME: home })).toMatchObject({ privateKey: login.privateKey });
  expect(() => jumpAccess({ ...jump, identity: join(home, 'none') }, {})).toThrow(
    /ec2\.jump\.identity is '.*none': it does not exist/,
  );
  expect(() => jumpAccess(jump, { HOME: home })).toThrow(/ec2\.jump\.identity is not given, no ssh-agent/);
});
