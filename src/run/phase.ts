import type { PhaseName } from '../event/outcome.ts';

/** How long each phase of a run took. A phase begins where the one before it ends, the first with the run. */
export class Phases {
  readonly #elapsed: () => number;
  readonly #seconds: Partial<Record<PhaseName, number>> = {};
  #current: { name: PhaseName; since: number } | undefined = { name: 'plan', since: 0 };

  /** `elapsed`: seconds since the run began. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  begin(name: PhaseName): void {
    this.end();
    this.#current = { name, since: this.#elapsed() };
  }

  end(): void {
    if (!this.#current) return;
    const { name, since } = this.#current;
    this.#seconds[name] = (this.#seconds[name] ?? 0) + this.#elapsed() - since;
    this.#current = undefined;
  }

  /** Undefined between two phases. */
  get current(): PhaseName | undefined {
    return this.#current?.name;
  }

  /** Seconds by phase; one that was never reached is absent. */
  get seconds(): Readonly<Partial<Record<PhaseName, number>>> {
    return this.#seconds;
  }
}
