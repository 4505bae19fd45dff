import type { CndError } from '../error.ts';
import type { Bounds, Channel, ExecOptions, ExecResult, Saved, Session } from './session.ts';

/** A session of somebody else's: `close` ends it for whoever was given it, and its owner goes on using it. */
export class LentSession implements Session {
  readonly address: string;
  readonly closed: Promise<CndError | undefined>;
  readonly #owned: Session;
  #giveBack: () => void = () => {};

  constructor(owned: Session) {
    this.address = owned.address;
    this.#owned = owned;
    const returned = new Promise<undefined>((resolve) => {
      this.#giveBack = () => resolve(undefined);
    });
    this.closed = Promise.race([returned, owned.closed]);
  }

  exec(command: string, options?: ExecOptions): Promise<ExecResult> {
    return this.#owned.exec(command, options);
  }

  stream(command: string, bounds?: Bounds): Promise<Channel> {
    return this.#owned.stream(command, bounds);
  }

  save(command: string, path: string, options?: ExecOptions): Promise<Saved> {
    return this.#owned.save(command, path, options);
  }

  async close(): Promise<void> {
    this.#giveBack();
  }
}
