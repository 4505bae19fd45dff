import type { PhaseName } from '../event/outcome.ts';

/** A phase that is under way, since so many seconds after the start. */
interface RunPhase {
  readonly name: PhaseName;
  readonly since: number;
}

/** The phases of a run as far as it has come. */
export interface PhaseTimes {
  readonly seconds: Readonly<Partial<Record<PhaseName, number>>>;
  readonly current?: RunPhase | undefined;
}

/** How long each phase of a run took. A phase begins where the one before it ends, the first with the run. */
export class Phases {
  readonly #elapsed: () => number;
  readonly #seconds: Partial<Record<PhaseName, number>>;
  #current: RunPhase | undefined;

  /**
   * @param elapsed Seconds since the run began.
   * @param resumed How it stood when another process noted it.
   */
  constructor(elapsed: () => number, resumed?: PhaseTimes) {
    this.#elapsed = elapsed;
    this.#seconds = { ...resumed?.seconds };
    this.#current = resumed ? resumed.current : { name: 'plan', since: 0 };
  }

  /** How it stands, for another process. */
  get times(): PhaseTimes {
    return { seconds: { ...this.#seconds }, current: this.#current };
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
