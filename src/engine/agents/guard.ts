import { CndError } from '../../error.ts';
import type { Guard } from '../../session/guard.ts';
import type { Instance } from '../../instance.ts';
import type { Session } from '../../session/session.ts';

/** Seconds in which a guard says that it is armed. */
const timeout = 10;

/** The guards of a run's instances, if its fleet has any: each is armed before a worker is put there, and acts on time. */
export class Guards {
  readonly #guard: Guard | undefined;
  readonly #run: string;
  readonly #lifetime: () => number;
  /** Instances on which something may be: all on which a guard was begun, but those that ran nothing. */
  readonly #put = new Set<number>();

  /** `lifetime`: seconds from now until nothing of the run may be left. */
  constructor(guard: Guard | undefined, run: string, lifetime: () => number) {
    this.#guard = guard;
    this.#run = run;
    this.#lifetime = lifetime;
  }

  /**
   * Resolves once whatever is put on the instance from now on will be removed again, whatever happens to this process.
   * @throws CndError `guard-failed` with the instance's words; `session-lost`, `session-aborted`, `session-timeout`.
   */
  async arm(instance: Instance, session: Session, signal: AbortSignal): Promise<void> {
    if (!this.#guard) return;
    const command = await this.#guard.arm(this.#run, instance, this.#lifetime());
    try {
      const name = 'arming the guard';
      const { stdout, stderr } = await session.exec(command, { signal, timeout: timeout * 1000, name });
      if (!/^armed$/m.test(stdout.toString())) throw notArmed(stderr);
    } catch (error) {
      // A later session may meet another login shell, but what an earlier one put there stays.
      const isShut = error instanceof CndError && error.code === 'session-shell';
      if (isShut && !this.#put.has(instance.index)) await this.#guard.disarm(this.#run, instance);
      else this.#put.add(instance.index);
      throw error;
    }
    this.#put.add(instance.index);
  }

  /** The command that starts a worker, as the fleet wants it. */
  tag(instance: Instance, command: string): string {
    return this.#guard ? this.#guard.tag(this.#run, instance, command) : command;
  }
}

function notArmed(stderr: string): CndError {
  const words = stderr.trim().split('\n').at(-1) ?? '';
  return new CndError('guard-failed', `the worker cannot be installed: ${words || 'the guard ended'}`);
}
