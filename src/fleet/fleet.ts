import type { Instance } from '../instance.ts';
import type { Guard } from '../session/guard.ts';
import type { Session } from '../session/session.ts';
import type { Detaching } from './detached.ts';
import type { Preflight, PreflightRequest } from './preflight.ts';

/** What a run asks of a fleet. The dead-man's switch is armed by the very call that creates an instance. */
export interface LaunchRequest {
  readonly run: string;
  /** Instances wanted. */
  readonly count: number;
  /** Fewer than this and nothing is launched. */
  readonly minimum: number;
  /** Seconds from an instance's boot until it powers itself off, whatever happened to the controller. */
  readonly lifetime: number;
  /** When the run must be over (T plus grace): what `cnd ps` shows. */
  readonly expiresAt: Date;
  /** More may be launched later, in place of those that are lost. */
  readonly replace?: boolean;
  /** Told what a user would want to know while the launch goes on: no capacity here, trying there. */
  readonly notice?: (message: string) => void;
}

/** What a run asks of a fleet for an instance in place of one that was lost. */
export interface ReplacementRequest extends Pick<LaunchRequest, 'run' | 'lifetime' | 'notice'> {
  /** The index that it gets: none of the run has had it. */
  readonly index: number;
}

/** What is known of a launch as soon as the settings are. */
export type PrepareRequest = Pick<LaunchRequest, 'run' | 'count' | 'lifetime' | 'expiresAt'>;

/** What a session to an instance is made with. */
export interface ConnectOptions {
  /** Ends every attempt: nobody wants this instance any more. */
  readonly signal: AbortSignal;
  /** Told what is being waited for, when that changes. */
  readonly onWait?: (cause: string, message: string) => void;
}

/** The numbers of T (DESIGN.md, "T is a promise"), in seconds. */
export interface FleetTiming {
  /** Kept for teardown: the search stops at T − reserve. */
  readonly reserve: number;
  /** After T, until the dead-man's switches fire. */
  readonly grace: number;
  /** Usual time from launch until SSH answers. */
  readonly boot: number;
  /** Between two looks at the fleet at first, while instances are pending; `describe` should not be asked more often. */
  readonly poll: number;
  /** For so long after a launch an answer without instances proves nothing. */
  readonly settle: number;
}

/** What instances have cost until now. */
export interface SpentCost {
  /** US dollars, at most; absent when it is not known. */
  readonly amount?: number;
  /** What it is computed from, or why it is not known. */
  readonly basis: string;
}

/** A run of this fleet that was found by tag alone, with no local state. */
export interface FoundRun {
  readonly fleet: string;
  readonly run: string;
  readonly expiresAt?: Date;
  readonly instances: readonly Instance[];
  /** What else is left of it, each in words that name it: groups, queues. */
  readonly orphans?: readonly string[];
  /** It has no controller, and needs none. */
  readonly detached?: true;
  /** Whose it is, where several users share a fleet; absent: the caller's own. */
  readonly owner?: { readonly name: string; readonly self: boolean };
  /** What its instances have cost until now; absent where they cost nothing. */
  readonly cost?: SpentCost;
  /** Golden nonces that were announced and are still on its channel, as they were told: nobody has verified them. */
  readonly announced?: readonly {
    readonly nonce: bigint;
    /** Hex, raw byte order. */
    readonly digest: string;
    /** The scheme of the puzzle, where the channel tells it. */
    readonly scheme?: string;
  }[];
}

/** Whether nothing of a run is left on a machine. */
export interface Eviction {
  /** As instances on it are called. */
  readonly id: string;
  /** Why something may be left; absent where nothing is. */
  readonly error?: unknown;
}

/** Told, while a fleet is looked through, what else there is to say. */
export interface FindReport {
  /** Something besides instances could not be looked for, so that some of it may be left. */
  unseen(what: string, error: unknown): void;
  /** It was not looked here, and there is no need to. */
  skipped(why: string): void;
}

/** Where instances come from. Every implementation passes `test/contract/fleet.ts`. */
export interface Fleet {
  readonly name: string;
  /** Which part of the fleet this is, where it has several that know nothing of each other: a region. */
  readonly where?: string;
  /** Whose account it is in, once that is known, where there are several: the same region is another place in each. */
  readonly account?: string | undefined;
  readonly timing: FleetTiming;
  /** Instances are this very machine: what is found out about its processor once holds for all of them. */
  readonly isThisMachine?: boolean;
  /** Threads that search on so many instances together, where that is known beforehand. Pure. */
  threads?(count: number): number;
  /** The metadata service that tells an instance of its interruption: a URL. Absent: the fleet interrupts none. */
  readonly interruptionNotices?: string | undefined;
  /** Terminates some instances before the others without making that of the others any later. Absent: it does all at once best, or nobody gains by it. */
  readonly terminatesEarly?: boolean;
  /** Absent where instances are terminated for good, with everything on them. */
  readonly guard?: Guard;
  /** Its instances can search without a controller; absent: they cannot. */
  readonly detaching?: Detaching;

  /**
   * Looks, before anything costs money, whether a launch would work, and for how much at most. Creates nothing.
   * Absent: the fleet costs nothing and has nothing to check.
   */
  preflight?(request: PreflightRequest, signal: AbortSignal): Promise<Preflight>;

  /**
   * Begins what takes a launch long and creates no instance, while this process still loads and checks; `preflight` and `launch`
   * of the same fleet tell how it went. Gives what ends it, and does nothing once the launch has begun; it never rejects.
   * Absent: there is nothing to begin.
   */
  prepare?(request: PrepareRequest): () => Promise<void>;

  /**
   * Launches between `minimum` and `count` instances and resolves when the launch has answered (they may be pending).
   * @throws CndError when fewer than `minimum` could be had; then none is left.
   */
  launch(request: LaunchRequest, signal: AbortSignal): Promise<Instance[]>;

  /**
   * Launches one more instance of a run that was launched or recovered here, with its dead-man's switch armed; what terminates
   * the run terminates it as well, also when the signal aborts in between. Absent: there are no other machines.
   * @throws CndError when there is none to be had.
   */
  launchReplacement?(request: ReplacementRequest, signal: AbortSignal): Promise<Instance>;

  /**
   * The run's instances as the fleet sees them now, one call for all. Terminated ones may be absent; of a run that is
   * unknown there are none.
   * @throws CndError when the fleet cannot be asked: then nothing is known, and it may be asked again.
   */
  describe(run: string, signal?: AbortSignal): Promise<Instance[]>;

  /**
   * What another process of this user needs to take up a run that was launched here, besides what it finds by itself: JSON,
   * with the public keys of its hosts and without secrets. (Nomad's `RecoverTask` has such a handle.)
   */
  handle(run: string): unknown;

  /**
   * Takes up a run that another process launched, by its handle: from now on it is as if it had been launched here. Without a
   * handle (undefined) that process was killed while it launched: what it asked for may still have its effect, and is
   * terminated with what there is. Asks the fleet nothing. `notice` is told from now on what the user should know, as at a launch.
   * @throws CndError `handle-damaged`, or when the fleet here is not the one that launched it.
   */
  recover(run: string, handle: unknown, notice?: (message: string) => void): Promise<void>;

  /**
   * Makes a session to an instance that has an address, retrying while it boots, until the signal aborts.
   * @throws CndError when it cannot be reached, and trying again would not help.
   */
  connect(instance: Instance, options: ConnectOptions): Promise<Session>;

  /**
   * Terminates all instances of the run, or only `ids`, and resolves with what the fleet says of just these afterwards:
   * `terminated` only of what is seen to be so. Idempotent; one that cannot be terminated does not save the others, and
   * ids that are unknown are passed over.
   */
  terminate(run: string, ids?: readonly string[]): Promise<Instance[]>;

  /**
   * Ends what a run has left on the machines of this fleet, known by nothing but its id, and tells of each machine whether that is
   * confirmed. For machines that live on, of which the state of another machine tells that the run was there. Never rejects.
   * Absent: `find` sees its instances from everywhere.
   */
  evict?(run: string): Promise<readonly Eviction[]>;

  /**
   * Removes what a run needed besides instances and what costs nothing (directories, groups), trying again for a while
   * what is still in use. After `terminate`. Idempotent.
   */
  dispose(run: string): Promise<void>;

  /**
   * Everything of this fleet that still exists for this user, by tag alone, from any directory; also runs whose instances
   * are all terminated, as long as something is left to `dispose` of. Rejects only when its instances cannot be seen.
   */
  find(report?: FindReport): Promise<FoundRun[]>;

  /** The command that writes an instance's syslog, gzip-compressed, to its stdout. Pure. */
  syslogCommand(run: string, instance: Instance): string;

  /**
   * The command that succeeds on an instance whose dead-man's switch is armed: one without it is terminated. Pure.
   * Absent: the fleet itself has made sure.
   */
  armedCommand?(run: string): string;
}
