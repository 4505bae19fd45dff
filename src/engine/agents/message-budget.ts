/** What a worker may send: so much at once, and so much a second in the long run. */
interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * An honest agent says something once a second, and after a stall up to a thousand lines at once (remote/output.py). With
 * N=1000 and every residue with it, its longest line has 100 kB. Errors are lines for people.
 */
const allowances = {
  message: { burst: 2000, perSecond: 20 },
  byte: { burst: 8 << 20, perSecond: 256 << 10 },
  error: { burst: 20, perSecond: 0.5 },
  ready: { burst: 20, perSecond: 0.2 },
} as const satisfies Readonly<Record<string, Allowance>>;

/** What is counted of a worker. */
export type Counted = keyof typeof allowances;

/** How much one worker may say before it counts as broken or hostile: the controller works for all the others too. */
export class MessageBudget {
  readonly #now: () => number;
  readonly #left = new Map<Counted, { amount: number; at: number }>();

  /** `now` in milliseconds, of a clock that never steps. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes from what is left; false, for good, once a worker has said more than it may. */
  take(what: Counted, amount = 1): boolean {
    const { burst, perSecond } = allowances[what];
    const now = this.#now();
    let last = this.#left.get(what);
    if (!last) this.#left.set(what, (last = { amount: burst, at: now }));
    if (last.amount < 0) return false;
    const refilled = Math.min(burst, last.amount + (Math.max(0, now - last.at) / 1000) * perSecond);
    last.amount = refilled - amount;
    last.at = now;
    return refilled >= amount;
  }

  /** In words, e.g. `more than 20 messages a second`. */
  static words(what: Counted): string {
    const { burst, perSecond } = allowances[what];
    const rate =
      perSecond >= 1 ? `${perSecond} ${what}s a second` : `one ${what} message in ${1 / perSecond} s`;
    return `more than ${rate} (after the first ${burst})`;
  }
}
