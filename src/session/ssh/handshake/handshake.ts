import type { Duplex } from 'node:stream';

import ssh2, {
  type AuthHandlerMiddleware,
  type AuthenticationType,
  type Client,
  type ConnectConfig,
  type PublicKeyAuthMethod,
} from 'ssh2';

import { CndError, messageOf } from '../../../error.ts';

import type { Access } from '../access.ts';
import { hostKeyAlgorithms, keyExchanges } from '../algorithm.ts';
import { Waiters } from '../../../wait.ts';
import { bounded } from '../../bounded.ts';
import { type ConnectionError, classify } from '../failure.ts';
import { target } from '../access.ts';
import { type Attempt } from '../attempt.ts';
import { forgetEphemeralKey } from './ephemeral-key.ts';
import { leavePrimesUntested } from './group-exchange.ts';
import { askOnlyAfterSilence } from './keepalive.ts';
import { signingKey } from './signing-key.ts';
import { publicKeyBlob } from '../key.ts';

/** How a dead connection is noticed: so many unanswered questions, one after so many milliseconds of silence. */
export interface Keepalive {
  readonly interval: number;
  readonly count: number;
}

/**
 * SSH over an open stream, step by step: the key exchange, which costs both sides processor time, and the login, which may
 * take the server as long as it likes. The stream is destroyed if a step fails.
 */
export class Handshake {
  readonly #access: Access;
  readonly #stream: Duplex;
  readonly #signal: AbortSignal | undefined;
  readonly #client = new ssh2.Client();
  readonly #seen: { -readonly [K in keyof Attempt]: Attempt[K] } = { connected: true };
  readonly #exchanged: Promise<void>;
  readonly #ready: Promise<void>;
  readonly #failed: Waiters<Error>;

  constructor(access: Access, stream: Duplex, keepalive: Keepalive, signal: AbortSignal | undefined) {
    this.#access = access;
    this.#stream = stream;
    this.#signal = signal;
    const client = this.#client;
    const seen = this.#seen;
    this.#exchanged = new Promise((resolve) => client.once('handshake', () => resolve()));
    // Also whenever keys are renewed.
    client.on('handshake', () => forgetEphemeralKey(client));
    this.#ready = new Promise((resolve) => client.once('ready', () => resolve()));
    const failed = new Promise<Error>((resolve) => {
      client
        .on('greeting', (message) => (seen.greeting = message))
        .on('banner', (message) => (seen.banner = message))
        .on('end', () => resolve(classify(access, seen)))
        .on('close', () => resolve(classify(access, seen)))
        // Stays for the connection's life: an 'error' without a listener ends the process.
        .on('error', (error: Error & { level?: string }) => {
          // ssh2 goes on to the next way to log in after a failing ssh-agent.
          if (error.level === 'agent') seen.error = error;
          else resolve(classify(access, { ...seen, error }));
        });
      try {
        client.connect(configFor(access, stream, keepalive, seen));
        leavePrimesUntested(client);
        stream.once('data', () => (seen.heard = true));
      } catch (error) {
        resolve(unusable(access, error));
      }
    });
    this.#failed = new Waiters(failed);
  }

  /** @throws ConnectionError by cause; CndError `session-aborted`, `ssh-private-key`. */
  async exchangeKeys(timeout: number): Promise<void> {
    await this.#step(this.#exchanged, timeout);
    this.#seen.exchanged = true;
  }

  /** After the key exchange. @throws ConnectionError by cause; CndError `session-aborted`. */
  async logIn(timeout: number): Promise<Client> {
    await this.#step(this.#ready, timeout);
    askOnlyAfterSilence(this.#client, this.#stream);
    return this.#client;
  }

  /** What is being waited for, after so many milliseconds. */
  late(timeout: number): ConnectionError {
    return classify(this.#access, { ...this.#seen, timedOut: timeout });
  }

  async #step(step: Promise<void>, timeout: number): Promise<void> {
    const what = `connecting to ${target(this.#access)}`;
    try {
      const bounds = { signal: this.#signal, timeout };
      await bounded<void>(
        bounds,
        what,
        () => this.late(timeout),
        (resolve, reject) => {
          const forget = this.#failed.add(reject);
          void step.then(() => {
            forget();
            resolve();
          });
          return forget;
        },
      );
    } catch (error) {
      this.#stream.destroy();
      throw error;
    }
  }
}

function configFor(
  access: Access,
  sock: Duplex,
  keepalive: Keepalive,
  seen: { -readonly [K in keyof Attempt]: Attempt[K] },
): ConnectConfig {
  const pinned = access.hostKeys.map(publicKeyBlob);
  return {
    sock,
    username: access.user,
    ...(access.agent === undefined ? {} : { agent: access.agent }),
    authHandler: loginSteps(access, seen),
    algorithms: { serverHostKey: hostKeyAlgorithms(access), kex: [...keyExchanges] },
    hostVerifier: (offered: Buffer) => {
      if (pinned.some((key) => key.equals(offered))) return true;
      seen.offered = offered;
      return false;
    },
    keepaliveInterval: keepalive.interval,
    keepaliveCountMax: keepalive.count,
    // Bounded from outside, together with everything that comes before.
    readyTimeout: 0,
  };
}

/** Offers the key and then the agent's, without ssh2's leading `none`, which costs a round trip. */
function loginSteps(
  { user, privateKey, agent }: Access,
  seen: { -readonly [K in keyof Attempt]: Attempt[K] },
): AuthHandlerMiddleware {
  const ways: (AuthenticationType | PublicKeyAuthMethod)[] = [];
  if (privateKey !== undefined) ways.push({ type: 'publickey', username: user, key: signingKey(privateKey) });
  if (agent !== undefined) ways.push('agent');
  return (methods: readonly string[] | null, isPartial, next) => {
    // Null at first, whatever the types say.
    if (methods) Object.assign(seen, { methods, isPartial: seen.isPartial === true || isPartial });
    // False ends it, which the types do not know either.
    Reflect.apply(next, undefined, [ways.shift() ?? false]);
  };
}

/** What ssh2 throws before it sends anything: the private key cannot be read. */
function unusable(access: Access, cause: unknown): CndError {
  const why = messageOf(cause);
  return new CndError('ssh-private-key', `the private key for ${target(access)} cannot be used: ${why}`, {
    about: target(access),
    hint: 'It must be an unencrypted key; for an encrypted one, use the ssh-agent: ssh-add FILE.',
    cause,
  });
}
