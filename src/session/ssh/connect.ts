import type { Duplex } from 'node:stream';

import type { Access } from './access.ts';
import { within } from '../../wait.ts';
import { Connection, type Via } from './connection.ts';
import { dial } from './dial.ts';
import { ConnectionError } from './failure.ts';
import { target } from './access.ts';
import { hostKeyAlgorithms, isKnownKeyType } from './algorithm.ts';
import { Handshake, type Keepalive } from './handshake/handshake.ts';
import { JumpHosts } from './jump.ts';
import { keyType, publicKeyBlob } from './key.ts';
import { type HandshakeLimit, processLimit } from './handshake/limit.ts';

/** How a connection is made and kept. */
export interface SshConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for reaching the machine, and again for its key exchange; waiting for a slot is not counted. */
  readonly timeout?: number;
  /** Milliseconds for the login, which may take the server long: AuthorizedKeysCommand, PAM, a home that is mounted. */
  readonly loginTimeout?: number;
  /** Told once when the login takes longer than `timeout`, with what is being waited for. */
  readonly onSlowLogin?: (waiting: ConnectionError) => void;
  readonly keepalive?: Keepalive;
  /** Shared by connections that must not all exchange keys at once; by default by all of this process. */
  readonly handshakes?: HandshakeLimit;
  /** Shared by connections that go through the same jump host; by default by all of this process. */
  readonly jumps?: JumpHosts;
}

const defaultTimeout = 5_000;
/** OpenSSH's LoginGraceTime, after which its server gives up by itself. */
const defaultLoginTimeout = 120_000;
const defaultKeepalive: Keepalive = { interval: 5_000, count: 3 };

/** A connection attempt that takes longer than this to reach the machine gives its slot back until it has. */
const slotTimeout = 250;

/**
 * Connects and logs in, through the jump host if there is one. Only a pinned host key is accepted.
 *
 * @throws ConnectionError by cause (`failure.ts`); CndError `session-aborted`, `ssh-no-host-key`, `ssh-private-key`.
 */
export async function connect(access: Access, options: SshConnectOptions = {}): Promise<Connection> {
  const { jumps = processJumps } = options;
  const hold = access.jump && jumps.hold(access.jump);
  try {
    return await connectOnce(access, options);
  } catch (error) {
    const others = otherTypes(access, error);
    if (others.length === 0) throw error;
    // Whoever is there still has to prove that it has a pinned key.
    return await connect({ ...access, hostKeys: others }, options).catch((again: unknown) => {
      throw again instanceof ConnectionError && again.failure === 'host-key' ? error : again;
    });
  } finally {
    hold?.release();
  }
}

/** What this process's connections share when nothing else is said. */
export const processJumps = new JumpHosts();

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
  const { signal, timeout = defaultTimeout, handshakes = processLimit } = options;
  const via = access.jump && (await throughJump(access.jump, options));
  const exchange = (stream: Duplex) => exchangeKeys(access, stream, options, timeout);
  let dialing: Promise<Duplex> | undefined;
  try {
    const quick = await handshakes(async () => {
      dialing = dial(access, via?.connection.client, { signal, timeout });
      const stream = await within(slotTimeout, dialing);
      return stream && exchange(stream);
    }, signal);
    const exchanged = quick ?? (await dialing?.then((stream) => handshakes(() => exchange(stream), signal)));
    if (exchanged === undefined) throw new TypeError('nothing was dialled');
    // Without a slot: it is the other side that takes its time now.
    const client = await exchanged.login();
    return new Connection(access, client, exchanged.stream, via);
  } catch (error) {
    void dialing?.then(
      (stream) => stream.destroy(),
      () => {},
    );
    via?.release();
    throw error;
  }
}

/** The connection to a jump host that a connection through it needs, until that releases it. */
async function throughJump(jump: Access, options: SshConnectOptions): Promise<Via> {
  const { jumps = processJumps } = options;
  const hold = jumps.hold(jump);
  try {
    const open = (signal: AbortSignal) => connect(jump, { ...options, signal });
    const connection = await hold.connection(open, options.signal);
    return { connection, release: () => hold.release() };
  } catch (error) {
    hold.release();
    throw error;
  }
}

/** The steps of a connection after the machine has been reached. */
async function exchangeKeys(access: Access, stream: Duplex, options: SshConnectOptions, timeout: number) {
  const { signal, loginTimeout = defaultLoginTimeout, onSlowLogin, keepalive = defaultKeepalive } = options;
  const handshake = new Handshake(access, stream, keepalive, signal);
  await handshake.exchangeKeys(timeout);
  const login = async () => {
    const slow = setTimeout(() => onSlowLogin?.(handshake.late(timeout)), timeout);
    try {
      return await handshake.logIn(loginTimeout);
    } finally {
      clearTimeout(slow);
    }
  };
  return { stream, login };
}
