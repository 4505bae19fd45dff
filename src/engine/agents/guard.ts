import { CndError } from '../../error.ts';
import type { Guard } from '../../session/guard.ts';
import type { Instance } from '../../instance.ts';

/** The guards of a run's instances, if its fleet has any: each is armed before a worker is put there, and acts on time. */
export class Guards {
  /** Seconds from now until nothing of the run may be left. */
  readonly lifetime: () => number;
  readonly #guard: Guard | undefined;
  readonly #run: string;
  /** Instances on which something may be: all on which a guard was begun, but those that ran nothing. */
  readonly #put = new Set<number>();

  constructor(guard: Guard | undefined, run: string, lifetime: () => number) {
    this.#guard = guard;
    this.#run = run;
    this.lifetime = lifetime;
  }

  /** Whether one has to be armed first. */
  get isNeeded(): boolean {
    return this.#guard !== undefined;
  }

  /**
   * Starts what puts a worker on an instance: `start` is given the command that has to be run first, and to have said `armed`, if
   * there is one. From now on the instance is looked for what was put there, unless it ran nothing at all.
   * @throws CndError as `start` does.
   */
  async starting<T>(instance: Instance, start: (guard: string | undefined) => Promise<T>): Promise<T> {
    if (!this.#guard) return start(undefined);
    const command = await this.#guard.arm(this.#run, instance, this.lifetime());
    try {
      const started = await start(command);
      this.#put.add(instance.index);
      return started;
    } catch (error) {
      // A later session may meet another login shell, but what an earlier one put there stays.
      const isShut = error instanceof CndError && error.code === 'session-shell';
      if (isShut && !this.#put.has(instance.index)) await this.#guard.disarm(this.#run, instance);
      else this.#put.add(instance.index);
      throw error;
    }
  }

  /** The command that starts a worker, as the fleet wants it. */
  tag(instance: Instance, command: string): string {
    return this.#guard ? this.#guard.tag(this.#run, instance, command) : command;
  }
}
