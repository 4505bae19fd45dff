import { onceAborted } from '../wait.ts';
import type { Deadline } from './deadline.ts';

/** Why a run was asked to end early, and what `cnd` then exits with unless a golden nonce was already verified. */
export interface Interruption {
  /** `SIGINT`, `SIGTERM`, `SIGHUP`, `SIGQUIT`, or words for something else. */
  readonly name: string;
  readonly exitCode: number;
}

/** Seconds that the first interruption leaves to what is under way then. */
const afterFirst = 5;

/** The limit that interruptions set to one thing. */
export interface InterruptLimit {
  /** Aborts when it is to end. */
  readonly signal: AbortSignal;
  /** Whether somebody has asked for its end, which may not have come yet. */
  readonly isAsked: boolean;
  /** It has ended: no time is measured any more. */
  end(): void;
}

/**
 * The wish of a person or a program that a run should end. The first asks to stop, to pull logs for a moment and to
 * terminate; the second to terminate at once. Nothing asks for less than that.
 */
export class Interrupts {
  readonly #controllers = [new AbortController(), new AbortController()] as const;
  readonly #listeners: ((interruption: Interruption, count: number) => void)[] = [];
  #firstInterruption: Interruption | undefined;
  #count = 0;

  get first(): AbortSignal {
    return this.#controllers[0].signal;
  }

  get second(): AbortSignal {
    return this.#controllers[1].signal;
  }

  /** The interruption that began it. */
  get cause(): Interruption | undefined {
    return this.#firstInterruption;
  }

  raise(interruption: Interruption): void {
    this.#firstInterruption ??= interruption;
    const controller = this.#controllers[this.#count];
    if (!controller) return;
    this.#count += 1;
    for (const listener of this.#listeners) listener(interruption, this.#count);
    controller.abort(new Error(interruption.name));
  }

  /**
   * The limit of something that a first interruption leaves 5 s, and a second one nothing. One that came before counts as
   * if it came now; with `onlyNew` it does not, being what led here. `within` makes deadlines.
   */
  limit(within: (seconds: number) => Deadline, { onlyNew = false } = {}): InterruptLimit {
    const over = new AbortController();
    const isOld = onlyNew && this.first.aborted;
    let deadline: Deadline | undefined;
    const shorten = (): void => {
      deadline = within(afterFirst);
      onceAborted(deadline.signal, () => over.abort());
    };
    let forget = (): void => {};
    if (!isOld && this.first.aborted) shorten();
    else if (!isOld) forget = onceAborted(this.first, shorten);
    const { second } = this;
    return {
      signal: AbortSignal.any([over.signal, second]),
      get isAsked() {
        return deadline !== undefined || second.aborted;
      },
      end: () => {
        forget();
        deadline?.cancel();
      },
    };
  }

  onRaise(listener: (interruption: Interruption, count: number) => void): void {
    this.#listeners.push(listener);
  }
}
