import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import { signingKey } from '../../../../src/session/ssh/handshake/signing-key.ts';
import { generateKeyPair } from '../../../../src/session/ssh/key.ts';

const pem = { type: 'pkcs8', format: 'pem' } as const;
const spki = { type: 'spki', format: 'pem' } as const;

/** Private keys as ssh2 reads them, and the algorithms that it signs by with each. */
const keys: readonly (readonly [type: string, text: string, algorithms: readonly (string | undefined)[]])[] =
  [
    ['ssh-ed25519', generateKeyPair().privateKey, [undefined]],
    [
      'ssh-rsa',
      generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { ...pem, type: 'pkcs1' },
        publicKeyEncoding: spki,
      }).privateKey,
      ['sha512', 'sha256', undefined],
    ],
    [
      'ecdsa-sha2-nistp256',
      generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        privateKeyEncoding: { ...pem, type: 'sec1' },
        publicKeyEncoding: spki,
      }).privateKey,
      [undefined],
    ],
  ];

describe('signingKey', () => {
  test.each(keys)("%s: ssh2's own key believes its signatures", (type, text, algorithms) => {
    const theirs = ssh2.utils.parseKey(text);
    if (theirs instanceof Error) throw theirs;
    const ours = signingKey(text);
    expect(ours.type).toBe(type);
    expect(ours.getPublicSSH()).toEqual(theirs.getPublicSSH());
    const data = Buffer.from('signed');
    for (const algorithm of algorithms)
      expect(theirs.verify(data, ours.sign(data, algorithm), algorithm)).toBe(true);
  });

  test('a key is read once', () => {
    const { privateKey } = generateKeyPair();
    expect(signingKey(privateKey)).toBe(signingKey(privateKey));
  });

  test('an algorithm that there is not is an error, as ssh2 has it', () => {
    expect(signingKey(keys[1]?.[1] ?? '').sign(Buffer.from('x'), 'sha0')).toBeInstanceOf(Error);
  });

  test.each([
    ['a public key', generateKeyPair().publicKey, /does not contain a \(valid\) private key/],
    ['no key', 'hello', /Cannot parse privateKey: /],
  ])('%s is refused', (_, text, words) => {
    expect(() => signingKey(text)).toThrow(words);
  });
});
