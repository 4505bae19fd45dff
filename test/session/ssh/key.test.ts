import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';

import { fingerprint, generateKeyPair, keyPairOf } from '../../../src/session/ssh/key.ts';

const { parseKey } = ssh2.utils;

function parsed(key: string) {
  const result = parseKey(key);
  if (result instanceof Error) throw result;
  return result;
}

describe('generateKeyPair', () => {
  it('makes keys that ssh2 reads, signs and verifies with, every time', () => {
    const message = Buffer.from('cnd');
    for (let i = 0; i < 1000; i += 1) {
      const { privateKey, publicKey } = generateKeyPair();
      const secret = parsed(privateKey);
      const known = parsed(publicKey);
      expect(secret.getPublicSSH()).toEqual(known.getPublicSSH());
      expect(known.verify(message, secret.sign(message))).toBe(true);
    }
  });

  it('makes keys that OpenSSH reads, with the same public half and fingerprint', () => {
    const directory = mkdtempSync(join(tmpdir(), 'cnd-key-'));
    try {
      for (let i = 0; i < 5; i += 1) {
        const { privateKey, publicKey } = generateKeyPair();
        const path = join(directory, `key${i}`);
        writeFileSync(path, privateKey, { mode: 0o600 });
        expect(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim()).toBe(publicKey);
        const listed = execFileSync('ssh-keygen', ['-l', '-f', path], { encoding: 'utf8' });
        expect(listed.split(' ')[1]).toBe(fingerprint(publicKey));
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('finds the public half in a private key again', () => {
    for (let count = 0; count < 20; count++) {
      const pair = generateKeyPair();
      expect(keyPairOf(pair.privateKey)).toEqual(pair);
    }
    expect(() => keyPairOf('not a key')).toThrow(RangeError);
  });

  it('never makes the same key twice', () => {
    expect(generateKeyPair().privateKey).not.toBe(generateKeyPair().privateKey);
  });
});

describe('fingerprint', () => {
  // GitHub's published ed25519 host key: https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints
  const github = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';

  it('is what OpenSSH prints, with and without a comment', () => {
    expect(fingerprint(github)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
    expect(fingerprint(`${github} github.com\n`)).toBe(fingerprint(github));
  });
});
