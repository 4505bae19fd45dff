import type { KexAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';
import { CndError } from '../../error.ts';
import { type Access, target } from './access.ts';

/** The host key algorithms of each key type; RSA keys sign with SHA-2 (RFC 8332), never with SHA-1. */
const algorithmsOf: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** Whether cnd can check host keys of a type. */
export function isKnownKeyType(type: string): boolean {
  return algorithmsOf[type] !== undefined;
}

/** ssh2's own, but for their order: it prefers group exchange, whose groups are the server's, to fixed ones. */
export const keyExchanges: readonly KexAlgorithm[] = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group15-sha512',
  'diffie-hellman-group17-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group-exchange-sha256',
];

/**
 * Only the algorithms of the pinned keys may be offered: the server would otherwise show its key of another type, which
 * looks like a changed one.
 *
 * @throws CndError `ssh-no-host-key` when nothing usable is pinned; then no connection may be made.
 */
export function hostKeyAlgorithms(access: Access): ServerHostKeyAlgorithm[] {
  const types = new Set(access.hostKeys.map((key) => key.trim().split(/\s+/)[0] ?? ''));
  const algorithms = [...types].flatMap((type) => algorithmsOf[type] ?? []);
  if (algorithms.length > 0) return algorithms;
  const known = types.size === 0 ? 'none is' : `only ${[...types].join(', ')} is`;
  throw new CndError('ssh-no-host-key', `no usable host key is known for ${target(access)}: ${known} given`, {
    about: target(access),
    hint: `Add one, as printed by: ssh-keyscan -t ed25519 -p ${access.port} ${access.host}`,
  });
}
