import { CndError } from '../../error.ts';
import type { Guard } from '../../session/guard.ts';
import type { Instance } from '../../instance.ts';
import { bounded } from '../../session/bounded.ts';
import type { Channel, Session } from '../../session/session.ts';

/** Seconds in which a guard says that it is armed. */
const timeout = 10;

/** The guards of a run's instances, if its fleet has any: one for each session, and it lives as long as that. */
export class Guards {
  readonly #guard: Guard | undefined;
  readonly #run: string;
  readonly #lifetime: () => number;
  readonly #armed = new WeakSet<Session>();
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
    if (!this.#guard || this.#armed.has(session)) return;
    const command = await this.#guard.arm(this.#run, instance, this.#lifetime());
    try {
      await answer(await session.stream(command, { signal }), signal);
    } catch (error) {
      // A later session may meet another login shell, but what an earlier one put there stays.
      const isShut = error instanceof CndError && error.code === 'session-shell';
      if (isShut && !this.#put.has(instance.index)) await this.#guard.disarm(this.#run, instance);
      else this.#put.add(instance.index);
      throw error;
    }
    this.#put.add(instance.index);
    this.#armed.add(session);
  }

  /** The command that starts a worker, as the fleet wants it. */
  tag(instance: Instance, command: string): string {
    return this.#guard ? this.#guard.tag(this.#run, instance, command) : command;
  }
}

/** Waits for the guard's word, and leaves it running. */
function answer(channel: Channel, signal: AbortSignal): Promise<void> {
  const what = 'arming the guard';
  const late = (): CndError => new CndError('session-timeout', `${what} took longer than ${timeout} s`);
  return bounded({ signal, timeout: timeout * 1000 }, what, late, (resolve, reject) => {
    let [said, stderr] = ['', ''];
    channel.stdout.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-200);
      if (/^armed$/m.test(said)) resolve();
    });
    channel.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)));
    void channel.exit.then((exit) => {
      if (exit === 'lost') return reject(new CndError('session-lost', `${what}: the connection was lost`));
      const words = stderr.trim().split('\n').at(-1) ?? '';
      reject(new CndError('guard-failed', `the worker cannot be put there: ${words || 'the guard ended'}`));
    });
    return () => channel.close();
  });
}
