import type { Access } from '../../session/ssh/access.ts';
import { unlessAborted } from '../../wait.ts';
import type { Connection } from '../../session/ssh/connection.ts';
import type { HandshakeLimit } from '../../session/ssh/handshake-limit.ts';
import { waitUntilReady } from '../../session/ssh/readiness.ts';

/** What a link needs besides its access. */
export interface LinkOptions {
  readonly handshakes: HandshakeLimit;
  /** Ends every attempt to connect: nobody wants this instance any more. */
  readonly life: AbortSignal;
  /** Milliseconds for which a refused login is tried again; see `ReadinessOptions`. */
  readonly loginPatience?: number;
  /** Told what is being waited for, when that changes. */
  readonly onWait: (cause: string, message: string) => void;
}

/**
 * The one connection to an instance: made when first asked for, shared by all who ask (its search, its syslog), and
 * made again when it was lost.
 */
export class Link {
  readonly #access: Access;
  readonly #options: LinkOptions;
  #current: Promise<Connection> | undefined;

  constructor(access: Access, options: LinkOptions) {
    this.#access = access;
    this.#options = options;
  }

  /** The open connection. An aborted `signal` ends this wait, not an attempt that others may still need. */
  async connection(signal: AbortSignal): Promise<Connection> {
    this.#current ??= this.#connect();
    return unlessAborted(this.#current, signal);
  }

  /** Closes what is open; never rejects. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  #connect(): Promise<Connection> {
    const { life, ...options } = this.#options;
    const attempt = waitUntilReady(this.#access, { ...options, signal: life });
    const forget = (): void => {
      if (this.#current === attempt) this.#current = undefined;
    };
    attempt.then((connection) => connection.closed.then(forget), forget);
    return attempt;
  }
}
