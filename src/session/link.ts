import type { Session } from './session.ts';
import { unlessAborted } from '../wait.ts';

/**
 * The one session to an instance: made when first asked for, shared by all who ask (its search, its syslog), and made
 * again when it was lost.
 */
export class Link {
  readonly #connect: () => Promise<Session>;
  #current: Promise<Session> | undefined;
  #wasOpen = false;

  /** `connect` makes a session, retrying as long as anybody may want one. */
  constructor(connect: () => Promise<Session>) {
    this.#connect = connect;
  }

  /** Whether there ever was a session: where there is none now, the instance may only be cut off for a moment. */
  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /** The open session. An aborted `signal` ends this wait, not an attempt that others may still need. */
  async session(signal: AbortSignal): Promise<Session> {
    this.#current ??= this.#open();
    return unlessAborted(this.#current, signal);
  }

  /** Closes what is open; never rejects. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.then(
      (session) => session.close(),
      () => {},
    );
  }

  #open(): Promise<Session> {
    const attempt = this.#connect();
    const forget = (): void => {
      if (this.#current === attempt) this.#current = undefined;
    };
    attempt.then((session) => {
      this.#wasOpen = true;
      return session.closed.then(forget);
    }, forget);
    return attempt;
  }
}
