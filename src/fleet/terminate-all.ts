import { setTimeout as delay } from 'node:timers/promises';
import { CndError, messageOf } from '../error.ts';
import { within } from '../wait.ts';
import { type Fleet } from './fleet.ts';
import { type Instance, isLiving } from '../instance.ts';

/** Seconds between two attempts, doubling. */
const pause = { first: 0.25, most: 5 };

/** Seconds until an error is reported, and until it is reported again. */
const warningDelays = { first: 1, again: 30 };

/** Seconds that an attempt is given at least: it may be about to be accepted. */
const leastAttempt = 10;

/** Instances whose termination could not be confirmed. */
export class TerminationUnconfirmed extends CndError {
  readonly ids: readonly string[];
  /** What may resolve it while the call is retried. */
  readonly remedy: string | undefined;

  constructor(run: string, left: readonly Instance[], cause: unknown, what = 'termination') {
    const ids = left.map(({ id }) => id);
    // Where the fleet could not be asked, what is known of them is what it said long before.
    const [reason] = cause === undefined ? left.flatMap((instance) => instance.reason ?? []) : [];
    const which = ids.length > 0 ? ids.join(' ') : 'what the run launched';
    const whom = reason === undefined ? which : `${which}: ${reason}`;
    super(
      'termination-unconfirmed',
      `${what} is not confirmed: ${whom}${cause === undefined ? '' : ` (${messageOf(cause)})`}`,
      {
        about: run,
        hint: `cnd scram --run ${run}`,
        cause,
      },
    );
    this.ids = ids;
    this.remedy = cause instanceof CndError ? cause.hint : undefined;
  }
}

/**
 * Terminates every instance of a run and resolves with what the fleet says of them once each is shutting down or
 * terminated, trying again until `timeout` seconds have passed, also where the fleet gives no answer at all. `known` are those that the launch answered with.
 * @param tell Called with errors that persist.
 * @throws TerminationUnconfirmed with the ids that are left.
 */
export async function terminateAll(
  fleet: Fleet,
  run: string,
  known: readonly Instance[],
  timeout: number,
  tell: (error: TerminationUnconfirmed) => void = () => {},
): Promise<Instance[]> {
  const giveUp = performance.now() + timeout * 1000;
  const warning = new RepeatedWarning(tell);
  for (let wait = pause.first; ; wait = Math.min(wait * 2, pause.most)) {
    let failure: unknown;
    let left: readonly Instance[] = known;
    try {
      const limit = Math.max(leastAttempt * 1000, giveUp - performance.now());
      const instances = await within(limit, fleet.terminate(run));
      if (!instances) throw new CndError('fleet-silent', `no answer for ${Math.round(limit / 1000)} s`);
      left = instances.filter(isLiving);
      if (left.length === 0) return instances;
    } catch (error) {
      failure = error;
    }
    const unconfirmed = new TerminationUnconfirmed(
      run,
      left,
      failure,
      fleet.guard ? 'release' : 'termination',
    );
    if (performance.now() + wait * 1000 > giveUp) throw unconfirmed;
    warning.repeat(unconfirmed);
    await delay(wait * 1000);
  }
}

/** Reports errors that do not pass by themselves: when the error changes, and from time to time while it stays the same. */
class RepeatedWarning {
  readonly #tell: (error: TerminationUnconfirmed) => void;
  readonly #begun = performance.now();
  #last = '';
  #told = -Infinity;

  constructor(tell: (error: TerminationUnconfirmed) => void) {
    this.#tell = tell;
  }

  repeat(error: TerminationUnconfirmed): void {
    const now = performance.now();
    if (now - this.#begun < warningDelays.first * 1000) return;
    if (error.message === this.#last && now - this.#told < warningDelays.again * 1000) return;
    this.#last = error.message;
    this.#told = now;
    this.#tell(error);
  }
}
