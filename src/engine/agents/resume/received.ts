/**
 * Which of an agent's numbered messages have arrived, over all conversations with it, and which of them it need not keep any
 * longer: those whose effect is kept for another controller.
 */
export class Received {
  /** The number of the last message that has arrived. */
  seen: number;
  readonly #keep: ((then: () => void) => void) | undefined;
  #kept: number | undefined;
  /** What waits for `release`, once there is something that goes first. */
  #held: (() => void)[] | undefined;
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
    await new Promise<void>((resolve) => this.#whenKept(resolve));
  }

  /** Agents that have stopped go on waiting: others are still to be told to, and an agent that ends takes processor time. */
  hold(): void {
    this.#held ??= [];
  }

  /** The search is over, nobody will go on with it: agents that have stopped may end. */
  release(): void {
    this.#kept = undefined;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const then of held) then();
  }

  /** Calls `then` once an agent that has stopped may end: what has arrived is kept, and it is not held back. */
  whenDone(then: () => void): void {
    if (this.#held) this.#held.push(then);
    else this.#whenKept(then);
  }

  #whenKept(then: () => void): void {
    if (this.#keep && this.#kept !== undefined) this.#keep(then);
    else then();
  }
}
