import { statSync } from 'node:fs';
import { createPrivateKey } from 'node:crypto';
import ssh2 from 'ssh2';
import { openSshKeyPair } from './key.ts';
import { isMissing } from '../../error.ts';
import { fileProblem } from '../../file-error.ts';
import { readNamedFileSync } from '../../file.ts';

/** Bytes of the largest private key: of RSA with 16384 bits 13 kB. */
const largestKey = 1 << 20;

/** A private key file, or why it cannot be used, as the end of a sentence that begins with its path. */
export type Identity =
  | { readonly privateKey: string }
  | { readonly error: string; readonly reason: 'missing' | 'encrypted' | 'unusable' };

/** Reads the private key that a login is made with; one that needs a passphrase is for the ssh-agent. */
export function readIdentity(path: string): Identity {
  let text: string;
  try {
    text = readNamedFileSync(path, { limit: largestKey });
  } catch (error) {
    if (isMissing(error)) return { error: 'does not exist', reason: 'missing' };
    return { error: `cannot be read: ${fileProblem(error)}`, reason: 'unusable' };
  }
  const read = fromPkcs8(text);
  if (typeof read !== 'string') return read;
  const parsed = ssh2.utils.parseKey(read);
  if (parsed instanceof Error) {
    // ssh2's own words, for PEM and for OpenSSH's format.
    if (/encrypted/i.test(parsed.message)) return { error: 'is encrypted', reason: 'encrypted' };
    return { error: 'is not a private key in OpenSSH, PEM or PKCS #8 format', reason: 'unusable' };
  }
  // For a file with several keys its type says one key, but an array comes.
  const keys = Array.isArray(parsed) ? parsed : [parsed];
  if (!keys.every((key) => key.isPrivateKey())) return { error: 'is a public key', reason: 'unusable' };
  return { privateKey: read };
}

/** A key in PKCS #8, as openssl writes it, in a format that ssh2 reads; anything else as it is. */
function fromPkcs8(text: string): string | Identity {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----/m.test(text)) {
    return { error: 'is encrypted', reason: 'encrypted' };
  }
  if (!/^-----BEGIN PRIVATE KEY-----/m.test(text)) return text;
  try {
    const key = createPrivateKey(text);
    const { asymmetricKeyType: type } = key;
    if (type === 'rsa') return key.export({ format: 'pem', type: 'pkcs1' }).toString();
    if (type === 'ec') return key.export({ format: 'pem', type: 'sec1' }).toString();
    if (type === 'ed25519') return openSshKeyPair(key).privateKey;
    return { error: `is a key of type ${type}, not of SSH`, reason: 'unusable' };
  } catch {
    return { error: 'is not a private key in PKCS #8 format', reason: 'unusable' };
  }
}

/** Whether an ssh-agent may be listening there. */
export function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}
