import type { KeyPair } from '../../session/ssh/access.ts';

/** A failure to rehearse with: an instance that stays pending, is deaf, or loses power `after` seconds from its boot. */
export interface Rehearsal {
  /** The index of the instance. */
  readonly instance: number;
  readonly failure: 'never-runs' | 'never-answers' | 'dies';
  readonly after?: number;
}

/** What a host and its watchdog are started with, in argv: so much holds whatever becomes of those who have more to tell them. */
export interface HostPlace {
  readonly run: string;
  /** `<state>/<run>/local` */
  readonly directory: string;
  /** Seconds until the dead-man's switches fire, whether anything was launched by then or not, counted from the start of the process. */
  readonly lifetime: number;
}

/** What a launcher hands to a host when it is to launch, on its stdin: it holds the run's host key. */
export interface HostSpec extends HostPlace {
  readonly count: number;
  readonly expiresAt: string;
  readonly hostKey: KeyPair;
  /** Public half only: an instance never holds what opens it. */
  readonly loginKey: string;
  /** Seconds that an instance stays pending. */
  readonly bootDelay: number;
  /** The PATH of what instances run: the host is started before it is known. */
  readonly path: string;
  readonly threads: number;
  readonly rehearse: readonly Rehearsal[];
  /** More may be launched when all of them have been terminated one by one. */
  readonly replace: boolean;
}

/** The arguments of a host or watchdog. */
export function placeArguments({ run, directory, lifetime }: HostPlace): string[] {
  return [run, directory, String(lifetime)];
}

/** What the arguments of a host or watchdog say. @throws RangeError: without a lifetime it would stay for ever. */
export function readPlaceArguments([run = '', directory = '', seconds]: readonly string[]): HostPlace {
  const lifetime = Number(seconds);
  if (!Number.isFinite(lifetime)) throw new RangeError(`the lifetime ${seconds} is not a number of seconds`);
  return { run, directory, lifetime };
}
