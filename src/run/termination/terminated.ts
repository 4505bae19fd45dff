import { type Instance, isLiving } from '../../instance.ts';

/** Which instances of a run are terminated, as its fleet has said: each is told of once, and is not paid for any longer. */
export class TerminatedInstances {
  readonly #elapsed: () => number;
  readonly #tell: (instance: Instance) => void;
  /** By id, in seconds after the start of the run. */
  readonly #at = new Map<string, number>();
  /** What was asked to be terminated before all the others, by id. */
  readonly #asked = new Map<string, Instance>();
  #isClosed = false;

  /** `elapsed` in seconds since the start of the run; `tell` hears of each once. */
  constructor(elapsed: () => number, tell: (instance: Instance) => void) {
    this.#elapsed = elapsed;
    this.#tell = tell;
  }

  has({ id }: Pick<Instance, 'id'>): boolean {
    return this.#at.has(id);
  }

  /** When each was known to be so, in seconds after the start. */
  get times(): readonly number[] {
    return [...this.#at.values()];
  }

  /** These are being terminated before the others: once all are confirmed, these are as well, whether the fleet still lists them or not. */
  ask(instances: readonly Instance[]): void {
    for (const instance of instances) this.#asked.set(instance.id, instance);
  }

  /** Takes what the fleet says of some: those that still live are passed over. An answer that comes after `close` is none. */
  note(instances: readonly Instance[]): void {
    if (this.#isClosed) return;
    for (const instance of instances) {
      if (isLiving(instance) || this.has(instance)) continue;
      this.#at.set(instance.id, this.#elapsed());
      this.#tell(instance);
    }
  }

  /** All of the run are terminated; `instances` are those that the fleet lists. */
  noteAll(instances: readonly Instance[]): void {
    this.note(instances);
    this.note([...this.#asked.values()].map((instance) => ({ ...instance, state: 'terminated' })));
    this.close();
  }

  /** What is known now is what the run will say. */
  close(): void {
    this.#isClosed = true;
  }
}
