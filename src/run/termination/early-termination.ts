import { type Instance, isLiving } from '../../instance.ts';
import type { RunContext } from '../context.ts';

/**
 * Milliseconds between two looks whether instances are done. With a thousand instances that is a call for many at once, and where all
 * are done within it there is none at all.
 */
const interval = 1000;

/**
 * Terminates instances that have nothing left to do while others are still waited for: they cost money. Where a fleet terminates all at once
 * best it does nothing. What it cannot terminate is terminated with the others, and told of then.
 */
export class EarlyTermination {
  readonly #context: RunContext;
  readonly #stopTicking: () => void;
  #waiting: Instance[] = [];
  #isAsking = false;

  constructor(context: RunContext) {
    const { clock, fleet } = context.inputs;
    this.#context = context;
    this.#stopTicking = fleet.terminatesEarly ? clock.every(interval, () => void this.#ask()) : () => {};
  }

  /** This instance is done. */
  readonly add = (instance: Instance): void => {
    if (isLiving(instance)) this.#waiting.push(instance);
  };

  /** Nothing more is terminated early. An answer that is still to come counts. */
  stop(): void {
    this.#stopTicking();
  }

  /** One call at a time. Never rejects. */
  async #ask(): Promise<void> {
    const { inputs, controller, terminated } = this.#context;
    if (this.#isAsking || this.#waiting.length === 0 || controller.isSuperseded) return;
    const some = this.#waiting;
    this.#waiting = [];
    this.#isAsking = true;
    try {
      terminated.ask(some);
      const ids = some.map(({ id }) => id);
      terminated.note(await inputs.fleet.terminate(inputs.run, ids));
    } catch {
      // Asked for again with all others.
    } finally {
      this.#isAsking = false;
    }
  }
}
