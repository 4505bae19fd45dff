import type { Duplex } from 'node:stream';

import ssh2, { type Client, type ConnectConfig, type KexAlgorithm, type ServerHostKeyAlgorithm } from 'ssh2';

import { CndError, messageOf } from '../../error.ts';

import type { Access } from './access.ts';
import { bounded } from '../bounded.ts';
import type { Bounds } from '../session.ts';
import { classify } from './failure.ts';
import { target } from './access.ts';
import { type Attempt } from './attempt.ts';
import { leavePrimesUntested } from './group-exchange.ts';
import { publicKeyBlob } from './key.ts';

/** How a dead connection is noticed: so many unanswered questions, one every so many milliseconds. */
export interface Keepalive {
  readonly interval: number;
  readonly count: number;
}

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
const keyExchanges: readonly KexAlgorithm[] = [
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

/**
 * SSH over an open stream, up to and including the login. The stream is destroyed if it fails.
 *
 * @throws ConnectionError by cause; CndError `session-aborted`.
 */
export async function handshake(
  access: Access,
  stream: Duplex,
  keepalive: Keepalive,
  bounds: Bounds,
): Promise<Client> {
  const seen: { -readonly [K in keyof Attempt]: Attempt[K] } = { connected: true };
  const late = () => classify(access, { ...seen, timedOut: bounds.timeout ?? 0 });
  try {
    return await bounded(bounds, `connecting to ${target(access)}`, late, (resolve, reject) => {
      const client = new ssh2.Client();
      const config = configFor(access, stream, keepalive, (offered) => (seen.offered = offered));
      client
        .on('ready', () => resolve(client))
        .on('banner', (message) => (seen.banner = message))
        .on('end', () => reject(classify(access, seen)))
        .on('close', () => reject(classify(access, seen)))
        // Stays for the connection's life: an 'error' without a listener ends the process.
        .on('error', (error: Error & { level?: string }) => {
          // ssh2 goes on to the next way to log in after a failing ssh-agent.
          if (error.level === 'agent') seen.error = error;
          else reject(classify(access, { ...seen, error }));
        });
      try {
        client.connect(config);
        leavePrimesUntested(client);
        stream.once('data', () => (seen.heard = true));
      } catch (error) {
        queueMicrotask(() => reject(unusable(access, error)));
      }
      return () => stream.destroy();
    });
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

function configFor(
  access: Access,
  sock: Duplex,
  keepalive: Keepalive,
  onStranger: (offered: Buffer) => void,
): ConnectConfig {
  const pinned = access.hostKeys.map(publicKeyBlob);
  return {
    sock,
    username: access.user,
    ...(access.privateKey === undefined ? {} : { privateKey: access.privateKey }),
    ...(access.agent === undefined ? {} : { agent: access.agent }),
    // Without ssh2's leading 'none', which costs a round trip.
    authHandler: ['publickey', 'agent'],
    algorithms: { serverHostKey: hostKeyAlgorithms(access), kex: [...keyExchanges] },
    hostVerifier: (offered: Buffer) => {
      if (pinned.some((key) => key.equals(offered))) return true;
      onStranger(offered);
      return false;
    },
    keepaliveInterval: keepalive.interval,
    keepaliveCountMax: keepalive.count,
    // Bounded from outside, together with everything that comes before.
    readyTimeout: 0,
  };
}

/** What ssh2 throws before it sends anything: the private key cannot be read. */
function unusable(access: Access, cause: unknown): CndError {
  const why = messageOf(cause);
  return new CndError('ssh-private-key', `the private key for ${target(access)} cannot be used: ${why}`, {
    about: target(access),
    hint: 'It must be an unencrypted OpenSSH or PEM key; for an encrypted one, use the ssh-agent.',
    cause,
  });
}
