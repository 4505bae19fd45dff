/**
 * Which of an agent's numbered messages have arrived, over all conversations with it, and which of them it need not keep any
 * longer: those whose effect is kept for another controller.
 */
export class Received {
  /** The number of the last message that has arrived. */
  seen: number;
  readonly #keep: ((then: () => void) => void) | undefined;
  #kept: number | undefined;
  /** How many agents there have been. */
  #agents = 1;

  /**
   * @param keep See `SearchRequest.keep`.
   * @param seen What an earlier controller had kept.
   */
  constructor(keep?: (then: () => void) => void, seen = 0) {
    this.seen = seen;
    this.#keep = keep;
    this.#kept = keep && seen;
  }

  /** What its agent is told that it need not say again: the number of a message. */
  get confirmed(): number {
    return this.#kept ?? this.seen;
  }

  /** Gives what is to be called once all that has arrived by now is kept. */
  mark(): () => void {
    const { seen } = this;
    const agent = this.#agents;
    return () => {
      if (this.#kept !== undefined && agent === this.#agents) this.#kept = Math.max(this.#kept, seen);
    };
  }

  /** A new agent has said nothing so far. Resolves once that is kept: else its first messages would be taken for known ones. */
  async renew(): Promise<void> {
    if (this.seen === 0) return;
    this.#agents += 1;
    this.seen = 0;
    if (this.#kept !== undefined) this.#kept = 0;
    await new Promise<void>((resolve) => this.whenKept(resolve));
  }

  /** The search is over: nobody will go on with it. */
  release(): void {
    this.#kept = undefined;
  }

  /** Calls `then` once what has arrived is kept. */
  whenKept(then: () => void): void {
    if (this.#keep && this.#kept !== undefined) this.#keep(then);
    else then();
  }
}
