const mask = /\u0000(\d+)/g; // oxlint-disable-line no-control-regex -- no argument of a process can hold a NUL

/**
 * The words after `--`, which are never flags. yargs does not let them be positional arguments, so it is given others in
 * their places.
 */
export class LiteralWords {
  /** The words for yargs. */
  readonly masked: readonly string[];
  readonly #literal: readonly string[];

  constructor(words: readonly string[]) {
    const end = words.indexOf('--');
    this.#literal = end < 0 ? [] : words.slice(end + 1);
    this.masked =
      end < 0 ? words : [...words.slice(0, end), ...this.#literal.map((_, index) => `\u0000${index}`)];
  }

  /** What was typed, for what yargs made of it. */
  restore<T>(value: T): T;
  restore(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.restore(item));
    return typeof value === 'string'
      ? value.replace(mask, (_, index: string) => this.#literal[Number(index)] ?? '')
      : value;
  }
}
