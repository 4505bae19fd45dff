/**
 * Whose turn it is on a cluster that several scenarios share: many at a time who need all of it, or one who takes a part of it away.
 * Whoever waits to do the latter goes first.
 */
export class Turns {
  #many = 0;
  #isOne = false;
  readonly #ones: (() => void)[] = [];
  readonly #others: (() => void)[] = [];

  /** Does some work while nothing of the cluster is taken away. */
  async undisturbed<T>(work: () => Promise<T>): Promise<T> {
    while (this.#isOne || this.#ones.length > 0)
      await new Promise<void>((resolve) => this.#others.push(resolve));
    this.#many += 1;
    try {
      return await work();
    } finally {
      this.#many -= 1;
      this.#next();
    }
  }

  /** Takes something away and gives it back, while nobody needs it. */
  async disturbing<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isOne || this.#many > 0) await new Promise<void>((resolve) => this.#ones.push(resolve));
    this.#isOne = true;
    try {
      return await work();
    } finally {
      this.#isOne = false;
      this.#next();
    }
  }

  #next(): void {
    if (this.#isOne || this.#many > 0) return;
    const one = this.#ones.shift();
    if (one) {
      // It is its turn from now on, also before it goes on.
      this.#isOne = true;
      return one();
    }
    for (const wake of this.#others.splice(0)) wake();
  }
}
