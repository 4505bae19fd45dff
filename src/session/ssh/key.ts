import { type KeyObject, createHash, generateKeyPairSync, randomBytes } from 'node:crypto';

import type { KeyPair } from './access.ts';

const type = 'ssh-ed25519';

/**
 * Makes an ed25519 key pair in OpenSSH's own format, unencrypted.
 *
 * Written by hand because ssh2's generator makes an unparseable key now and then (mscdex/ssh2#1390), and because neither
 * ssh2 nor older OpenSSH reads the PKCS8 that node:crypto exports.
 */
export function generateKeyPair(): KeyPair {
  return openSshKeyPair(generateKeyPairSync('ed25519').privateKey);
}

/** An ed25519 key of node:crypto in OpenSSH's own format, unencrypted. */
export function openSshKeyPair(key: KeyObject): KeyPair {
  const jwk = key.export({ format: 'jwk' });
  if (jwk.d === undefined || jwk.x === undefined)
    throw new TypeError('node:crypto exported an ed25519 key without its parts');
  const seed = Buffer.from(jwk.d, 'base64url');
  const point = Buffer.from(jwk.x, 'base64url');
  const publicBlob = Buffer.concat([string(type), string(point)]);
  return {
    privateKey: armour(privateBlob(publicBlob, seed, point)),
    publicKey: `${type} ${publicBlob.toString('base64')}`,
  };
}

const magic = 'openssh-key-v1\0';

/** The pair of a private key in the format in which `generateKeyPair` makes it. @throws RangeError when it is none */
export function keyPairOf(privateKey: string): KeyPair {
  const blob = Buffer.from(privateKey.replace(/-----.*-----/g, ''), 'base64');
  let at = magic.length;
  const next = (): Buffer => {
    const begin = at + 4;
    at = begin + blob.readUInt32BE(at);
    return blob.subarray(begin, at);
  };
  // Cipher, kdf and its options; then the number of keys.
  for (let count = 0; count < 3; count++) next();
  at += 4;
  return { privateKey, publicKey: `${type} ${next().toString('base64')}` };
}

/**
 * The fingerprint that `ssh-keygen -l` prints: `SHA256:` and the unpadded base64 of the digest of the key's blob.
 *
 * @param publicKey `<type> <base64>` with or without a comment, or the blob itself.
 */
export function fingerprint(publicKey: string | Buffer): string {
  const blob = typeof publicKey === 'string' ? publicKeyBlob(publicKey) : publicKey;
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a public key's blob begins with: a 32-bit length and the name (RFC 4253, 6.6). */
export function keyType(blob: Buffer): string {
  return blob.length < 4 ? '' : blob.toString('latin1', 4, 4 + blob.readUInt32BE());
}

/** The binary form of `<type> <base64>`, which is what travels on the wire. */
export function publicKeyBlob(publicKey: string): Buffer {
  return Buffer.from(publicKey.trim().split(/\s+/)[1] ?? '', 'base64');
}

/** The `openssh-key-v1` structure of OpenSSH's PROTOCOL.key, with cipher and kdf `none`. */
function privateBlob(publicBlob: Buffer, seed: Buffer, point: Buffer): Buffer {
  // The same random word twice: how a reader sees that decryption worked.
  const check = randomBytes(4);
  const comment = string('');
  const secret = Buffer.concat([
    check,
    check,
    string(type),
    string(point),
    string(Buffer.concat([seed, point])),
    comment,
  ]);
  // Padding is 1, 2, 3 … up to the cipher's block size, which is 8 for `none`.
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  return Buffer.concat([
    Buffer.from(magic),
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(publicBlob),
    string(Buffer.concat([secret, padding])),
  ]);
}

function armour(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

/** SSH's `string` (RFC 4251): a 32-bit length and the bytes. */
function string(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
