import type { Duplex } from 'node:stream';

import type { Access } from './access.ts';
import { within } from '../../wait.ts';
import { Connection } from './connection.ts';
import { dial } from './dial.ts';
import { ConnectionError } from './failure.ts';
import { target } from './access.ts';
import { handshake, hostKeyAlgorithms, isKnownKeyType, type Keepalive } from './handshake.ts';
import { keyType, publicKeyBlob } from './key.ts';
import { type HandshakeLimit, processLimit } from './handshake-limit.ts';

/** How a connection is made and kept. */
export interface SshConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for reaching the machine, and again for handshake and login; waiting for a slot is not counted. */
  readonly timeout?: number;
  readonly keepalive?: Keepalive;
  /** Shared by connections that must not all shake hands at once; by default by all of this process. */
  readonly handshakes?: HandshakeLimit;
}

const defaultTimeout = 5_000;
const defaultKeepalive: Keepalive = { interval: 5_000, count: 3 };

/** A connection attempt that takes longer than this to reach the machine gives its slot back until it has. */
const slotTimeout = 250;

/**
 * Connects and logs in, through the jump host if there is one. Only a pinned host key is accepted.
 *
 * @throws ConnectionError by cause (`failure.ts`); CndError `session-aborted`, `ssh-no-host-key`, `ssh-private-key`.
 */
export async function connect(access: Access, options: SshConnectOptions = {}): Promise<Connection> {
  try {
    return await connectOnce(access, options);
  } catch (error) {
    const others = otherTypes(access, error);
    if (others.length === 0) throw error;
    // Whoever is there still has to prove that it has a pinned key.
    return await connect({ ...access, hostKeys: others }, options).catch((again: unknown) => {
      throw again instanceof ConnectionError && again.failure === 'host-key' ? error : again;
    });
  }
}

/** The pinned keys of other types than the one that was shown and not believed: a line of known_hosts may be stale. */
function otherTypes(access: Access, error: unknown): string[] {
  if (!(error instanceof ConnectionError) || error.about !== target(access)) return [];
  const { offeredType } = error;
  if (offeredType === undefined) return [];
  return access.hostKeys.filter((key) => {
    const type = keyType(publicKeyBlob(key));
    return type !== offeredType && isKnownKeyType(type);
  });
}

async function connectOnce(access: Access, options: SshConnectOptions): Promise<Connection> {
  hostKeyAlgorithms(access);
  const {
    signal,
    timeout = defaultTimeout,
    keepalive = defaultKeepalive,
    handshakes = processLimit,
  } = options;
  const jump = access.jump === undefined ? undefined : await connect(access.jump, options);
  const greet = async (stream: Duplex) => {
    const client = await handshake(access, stream, keepalive, { signal, timeout });
    return new Connection(access, client, stream, jump);
  };
  let dialing: Promise<Duplex> | undefined;
  try {
    const quick = await handshakes(async () => {
      dialing = dial(access, jump?.client, { signal, timeout });
      const stream = await within(slotTimeout, dialing);
      return stream && greet(stream);
    }, signal);
    const connection = quick ?? (await dialing?.then((stream) => handshakes(() => greet(stream), signal)));
    if (connection === undefined) throw new TypeError('nothing was dialled');
    return connection;
  } catch (error) {
    void dialing?.then(
      (stream) => stream.destroy(),
      () => {},
    );
    await jump?.close();
    throw error;
  }
}
