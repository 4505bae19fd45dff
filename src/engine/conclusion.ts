import type { SearchEnd } from './engine.ts';

/** The end of a search, which comes once, and when it was known. */
export class Conclusion {
  /** Resolves when the search ends by itself. */
  readonly ended: Promise<SearchEnd>;
  readonly #elapsed: () => number;
  #resolve: (end: SearchEnd) => void = () => {};
  #at: number | undefined;

  /** `elapsed`: seconds since the run began. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** The search is over, by itself or because somebody ended it. */
  get isOver(): boolean {
    return this.#at !== undefined;
  }

  /** Seconds since its end was known. */
  get latency(): number {
    return this.#at === undefined ? 0 : this.#elapsed() - this.#at;
  }

  /** It ends by itself. Only the first end counts. */
  end(end: SearchEnd): void {
    this.cut();
    this.#resolve(end);
  }

  /** Somebody ends it. */
  cut(): void {
    this.#at ??= this.#elapsed();
  }
}
