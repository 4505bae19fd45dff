import type { Lag } from './lag.ts';

/** A thing that was deleted a moment ago, as it still shows in lists. */
interface Gone<Item> {
  readonly region: string;
  readonly item: Item;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** What moto keeps one truth of, and AWS does not: things that are too new to be known, or gone and still listed. */
export class Newness<Item> {
  readonly #lag: Lag;
  readonly #kind: string;
  readonly #knownFrom = new Map<string, number>();
  #gone: Gone<Item>[] = [];

  /** @param kind What they are: things of another kind have other delays. */
  constructor(kind: string, lag: Lag) {
    this.#kind = kind;
    this.#lag = lag;
  }

  created(key: string): void {
    const number = this.#knownFrom.size;
    this.#knownFrom.set(key, Date.now() + this.#lag.of(this.#kind, 'created', number));
  }

  /** Whether everybody knows of it by now; what was not seen to be created is old. */
  isKnown(key: string): boolean {
    return Date.now() >= (this.#knownFrom.get(key) ?? 0);
  }

  deleted(key: string, region: string, item: Item): void {
    const number = [...this.#knownFrom.keys()].indexOf(key);
    const until = Date.now() + this.#lag.of(this.#kind, 'deleted', number);
    this.#gone.push({ region, item, until });
  }

  /** Those of a region that are gone and still listed. */
  ghosts(region: string): Item[] {
    this.#gone = this.#gone.filter(({ until }) => Date.now() < until);
    return this.#gone.filter((one) => one.region === region).map(({ item }) => item);
  }

  clear(): void {
    this.#knownFrom.clear();
    this.#gone = [];
  }
}
