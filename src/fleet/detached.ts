// A fleet whose instances can search by themselves: whoever launched them may go, and somebody else asks later what came of it.

/** What such a launch is made of. */
export interface DetachRequest {
  readonly run: string;
  readonly count: number;
  /** Seconds from an instance's beginning until it ends, whatever its agent does; and when all must be over. */
  readonly lifetime: number;
  readonly expiresAt: Date;
  /** The search ends at the earlier of these: a time, and seconds after an instance has begun. */
  readonly searchUntil: Date;
  readonly searchSeconds: number;
  /** What is unpacked on an instance: a gzip-compressed tar archive with detached.py. */
  readonly worker: Buffer;
  /** The job of any worker (docs/agent.md). */
  readonly job: string;
  /** What another machine needs to know of the run, JSON: see `detachedPlan`. */
  readonly plan: string;
}

/** One instance of a detached run, as it is or was last seen. */
export interface DetachedInstance {
  readonly index: number;
  readonly id: string;
  readonly state: 'pending' | 'running' | 'ended';
  readonly address?: string;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** What its agent has left, as it was written: nobody has judged it. */
  readonly message?: string;
  /** How it ended, where that is not the agent's own end. */
  readonly reason?: string;
}

/** A detached run, as far as it is known without its instances. */
export interface DetachedRun {
  readonly run: string;
  /** What was launched with it: text that anybody may have changed. */
  readonly plan: string;
  /** Where it is, in words. */
  readonly where: string;
  readonly owner: { readonly name: string; readonly self: boolean };
  readonly createdAt: Date;
  /** Its launch was not completed, and is not any more: none of its instances has begun. */
  readonly isIncomplete: boolean;
  /** When nothing of it searched any more; absent while something may. */
  readonly endedAt?: Date;
}

/** How a run stands, and which of its instances have changed since the last look. */
export interface DetachedLook {
  readonly run: DetachedRun;
  readonly changed: readonly DetachedInstance[];
  /** What keeps instances from beginning, in words, each once. */
  readonly problems?: readonly string[];
}

/** The right to write the record of a detached run and to delete what is left of it: one process at a time has it. */
export interface DetachedClaim {
  /** Aborts, with the error as its reason, once another process has it. */
  readonly lost: AbortSignal;
  /** Makes sure that it is still this process's. @throws CndError `run-superseded`, `run-gone`; when the fleet cannot be asked */
  confirm(): Promise<void>;
  /** Leaves the run to whoever comes next. Never rejects. */
  release(): Promise<void>;
}

/** What a fleet can do that knows detached runs. */
export interface Detaching {
  /** Seconds before T at which the search ends: nobody is there to stop it. */
  readonly reserve: number;
  /** Threads of an instance. */
  readonly threads: number;
  /**
   * Launches instances that search by themselves, all or none.
   * @throws CndError when they cannot be had; then none is left.
   */
  launch(request: DetachRequest, signal: AbortSignal): Promise<void>;
  /**
   * The detached runs here whose ids begin so.
   * @param onSkipped Told why it was not looked, where there is no need to.
   * @throws CndError when they cannot be looked for.
   */
  find(beginning: string, onSkipped?: (why: string) => void): Promise<DetachedRun[]>;
  /**
   * Claims a run, from whatever machine. The claim of a process that has died is taken over after some seconds.
   * @param by Who claims it, for whoever comes too late.
   * @param onWait Told whose claim is waited for.
   * @throws CndError `run-driven` when another process has it and lives; `run-gone`; the signal's reason.
   */
  claim(run: string, by: string, signal: AbortSignal, onWait: (by: string) => void): Promise<DetachedClaim>;
  /**
   * Follows a run: first how it stands, then every change, until it has ended or the signal aborts.
   * @throws CndError `run-gone` when it is not there any more; when the fleet cannot be asked for long.
   */
  follow(run: string, signal: AbortSignal): AsyncIterable<DetachedLook>;
}
