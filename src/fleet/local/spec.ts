import type { KeyPair } from '../../session/ssh/access.ts';
import type { ProcessIdentity } from '../../state/process.ts';

/** A failure to rehearse with: an instance that stays pending, is deaf, or loses power `after` seconds from its boot. */
export interface Rehearsal {
  /** The index of the instance. */
  readonly instance: number;
  readonly failure: 'never-runs' | 'never-answers' | 'dies';
  readonly after?: number;
}

/** What a launcher hands to a new host, on its stdin: it holds the run's host key. */
export interface HostSpec {
  readonly run: string;
  readonly count: number;
  /** Seconds until the dead-man's switches fire, counted from when the host reads this. */
  readonly lifetime: number;
  readonly expiresAt: string;
  readonly hostKey: KeyPair;
  /** Public half only: an instance never holds what opens it. */
  readonly loginKey: string;
  /** `<state>/<run>/local` */
  readonly directory: string;
  /** Seconds that an instance stays pending. */
  readonly bootDelay: number;
  /** The PATH of what instances run: the host is started before it is known. */
  readonly path: string;
  readonly threads: number;
  readonly rehearse: readonly Rehearsal[];
  /** More may be launched when all of them have been terminated one by one. */
  readonly replace: boolean;
}

/** What a host hands to its watchdog, on its stdin, which it then holds open as long as it lives. */
export interface WatchdogSpec {
  readonly run: string;
  readonly host: ProcessIdentity;
  readonly lifetime: number;
  readonly directory: string;
}
