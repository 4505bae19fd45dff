import { statSync } from 'node:fs';
import ssh2 from 'ssh2';
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
    if (isMissing(error)) return { error: 'is not there', reason: 'missing' };
    return { error: `cannot be read: ${fileProblem(error)}`, reason: 'unusable' };
  }
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) {
    // ssh2's own words, for PEM and for OpenSSH's format.
    if (/encrypted/i.test(parsed.message)) return { error: 'is encrypted', reason: 'encrypted' };
    return { error: 'is not a private key in OpenSSH or PEM format', reason: 'unusable' };
  }
  // For a file with several keys its type says one key, but an array comes.
  const keys = Array.isArray(parsed) ? parsed : [parsed];
  if (!keys.every((key) => key.isPrivateKey())) return { error: 'is a public key', reason: 'unusable' };
  return { privateKey: text };
}

/** Whether an ssh-agent may be listening there. */
export function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}
