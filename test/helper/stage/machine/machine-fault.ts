/** What befalls one instance, known by its place in the order of launches since the stage was reset. */
export interface MachineFault {
  /** By whom it was launched: then `instance` counts those of that user alone. Without it those of everybody. */
  readonly of?: string;
  readonly instance: number;
  /** Its boot hangs after the dead-man's switch was armed. */
  readonly neverBoots?: boolean;
  /** It shows a host key that nobody knows. */
  readonly wrongHostKey?: boolean;
  /** Its hardware fails so many seconds after the launch: EC2 terminates it. */
  readonly failsAfter?: number;
  /** Its dead-man's switch is not armed, for whatever reason. */
  readonly disarms?: boolean;
  /** It never gets a public address. */
  readonly noAddress?: boolean;
  /** Seconds from power-on to sshd, if not as the others. */
  readonly bootSeconds?: number;
  /** Seconds from the launch until EC2 says that it is running, if not as the others. */
  readonly pendingSeconds?: number;
}
