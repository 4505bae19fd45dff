import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/session/ssh/connect.ts';
import { readIdentity } from '../../../src/session/ssh/identity.ts';
import { hasSshd, Sshd } from '../../helper/sshd.ts';

const pem = { format: 'pem', type: 'pkcs8' } as const;
const keys = {
  'RSA of 2048 bits': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'RSA of 4096 bits': generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey,
  'ECDSA P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'ECDSA P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'ECDSA P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  ed25519: generateKeyPairSync('ed25519').privateKey,
};

describe('a private key in PKCS #8', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cnd-identity-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (text: string): string => {
    const path = join(directory, 'key');
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };

  describe.runIf(hasSshd())('logs in', () => {
    it.each(Object.entries(keys))('%s', async (_, key) => {
      const read = readIdentity(file(key.export(pem).toString()));
      if (!('privateKey' in read)) throw new Error(read.error);
      // ssh-keygen tells its public key: by another reader than ours.
      const kept = file(read.privateKey);
      const publicKey = execFileSync('ssh-keygen', ['-y', '-f', kept], { encoding: 'utf8' }).trim();
      const sshd = await Sshd.start([], { privateKey: read.privateKey, publicKey });
      onTestFinished(() => sshd.stop());
      const session = await connect(sshd.access);
      expect((await session.run('echo in')).stdout.toString()).toBe('in\n');
      await session.close();
    });
  });

  it.each(Object.entries(keys))('%s that is encrypted is for the ssh-agent', (_, key) => {
    const text = key.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'secret' }).toString();
    expect(readIdentity(file(text))).toEqual({ error: 'is encrypted', reason: 'encrypted' });
  });

  it.each([
    ['X25519', generateKeyPairSync('x25519').privateKey.export(pem).toString(), /of type x25519/],
    ['cut short', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /not a private key/],
    [
      'a public one',
      createPublicKey(keys.ed25519).export({ format: 'pem', type: 'spki' }).toString(),
      /not a private key|public key/,
    ],
  ])('%s is none', (_, text, problem) => {
    expect(readIdentity(file(text))).toMatchObject({
      error: expect.stringMatching(problem),
      reason: 'unusable',
    });
  });
});
