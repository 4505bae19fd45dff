/** Why a run was asked to end early, and what `cnd` then exits with unless a golden nonce was already verified. */
export interface Interruption {
  /** `SIGINT`, `SIGTERM`, `SIGHUP`, or words for something else. */
  readonly name: string;
  readonly exitCode: number;
}

/**
 * The wish of a person or a program that a run should end. The first asks to stop, to pull logs for a moment and to
 * terminate; the second to terminate at once. Nothing asks for less than that.
 */
export class Interrupts {
  readonly #controllers = [new AbortController(), new AbortController()] as const;
  readonly #listeners: ((interruption: Interruption, count: number) => void)[] = [];
  #firstInterruption: Interruption | undefined;
  #count = 0;

  get first(): AbortSignal {
    return this.#controllers[0].signal;
  }

  get second(): AbortSignal {
    return this.#controllers[1].signal;
  }

  /** The interruption that began it. */
  get cause(): Interruption | undefined {
    return this.#firstInterruption;
  }

  raise(interruption: Interruption): void {
    this.#firstInterruption ??= interruption;
    const controller = this.#controllers[this.#count];
    if (!controller) return;
    this.#count += 1;
    for (const listener of this.#listeners) listener(interruption, this.#count);
    controller.abort(new Error(interruption.name));
  }

  onRaise(listener: (interruption: Interruption, count: number) => void): void {
    this.#listeners.push(listener);
  }
}
