import { bounded } from '../bounded.ts';
import { backoff } from '../../retry.ts';
import { pause } from '../../wait.ts';
import { type Access, target } from './access.ts';
import type { Connection } from './connection.ts';

/** A claim on the connection to a jump host: it stays open until everybody has released theirs. */
export interface JumpHold {
  /**
   * The connection, made by `open` if there is none; everybody who asks meanwhile waits for the same attempt.
   * @throws whatever `open` throws; CndError `session-aborted`.
   */
  connection(
    open: (signal: AbortSignal) => Promise<Connection>,
    signal: AbortSignal | undefined,
  ): Promise<Connection>;
  /** Idempotent. */
  release(): void;
}

/**
 * The connections to jump hosts: one to each, which carries all that go through it, made again by whoever needs it next when
 * it was lost. MaxStartups, PerSourceMaxStartups and rate limits of firewalls count connections, not what they carry.
 */
export class JumpHosts {
  readonly #shared = new Map<string, SharedConnection>();

  /** Those that log in alike at the same place share one. */
  hold(access: Access): JumpHold {
    const key = JSON.stringify(access);
    let shared = this.#shared.get(key);
    if (!shared) {
      const outer = access.jump && this.hold(access.jump);
      shared = new SharedConnection(target(access), () => {
        this.#shared.delete(key);
        outer?.release();
      });
      this.#shared.set(key, shared);
    }
    return shared.hold();
  }
}

/** Milliseconds that a connection must have lasted for the failures before it to be forgotten. */
const lasting = 10_000;

class SharedConnection {
  readonly #address: string;
  readonly #unused: () => void;
  readonly #life = new AbortController();
  #holders = 0;
  #current: Promise<Connection> | undefined;
  #failures = 0;
  #notBefore = 0;

  constructor(address: string, unused: () => void) {
    this.#address = address;
    this.#unused = unused;
  }

  hold(): JumpHold {
    this.#holders += 1;
    let held = true;
    return {
      connection: (open, signal) => {
        const current = (this.#current ??= this.#open(open));
        const never = (): Error => new TypeError('there is no timeout');
        return bounded({ signal }, `connecting to ${this.#address}`, never, (resolve, reject) => {
          current.then(resolve, reject);
          return () => {};
        });
      },
      release: () => {
        if (!held) return;
        held = false;
        this.#holders -= 1;
        if (this.#holders === 0) this.#close();
      },
    };
  }

  #close(): void {
    this.#unused();
    this.#life.abort();
    void this.#current?.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  #open(open: (signal: AbortSignal) => Promise<Connection>): Promise<Connection> {
    const attempt = (async () => {
      // However many wait, each in its own time: the jump host sees one of them, ever more rarely.
      await pause(Math.max(0, this.#notBefore - performance.now()), this.#life.signal);
      return open(this.#life.signal);
    })();
    const forget = (): void => {
      if (this.#current === attempt) this.#current = undefined;
    };
    const failed = (): void => {
      this.#notBefore = performance.now() + backoff(this.#failures);
      this.#failures += 1;
      forget();
    };
    attempt.then(async (connection) => {
      const begin = performance.now();
      await connection.closed;
      if (performance.now() - begin < lasting) return failed();
      this.#failures = 0;
      forget();
    }, failed);
    return attempt;
  }
}
