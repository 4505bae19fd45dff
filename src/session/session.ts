import type { Readable, Writable } from 'node:stream';
import type { CndError } from '../error.ts';

/** How long something may take. */
export interface Bounds {
  /** When this fires, the wait ends with an error of code `session-aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
}

/** What a command is given, and how long it may take. */
export interface RunOptions extends Bounds {
  /** Without it the command reads an end of input at once. */
  readonly stdin?: Readable | Buffer | string;
  /** What the command is called in errors, by default its first word. */
  readonly name?: string;
}

export interface ExecOptions extends RunOptions {
  /** Bytes of stdout: `exec` takes 1 MiB by default, and more is an error; `save` keeps so many, by default all. */
  readonly maxOutput?: number;
}

/** How a remote process ended, in its server's own words; one of the two is null. */
export interface Exit {
  readonly code: number | null;
  /** E.g. `SIGKILL`. */
  readonly signal: string | null;
}

/** How a command ended and what it said. Of a long stderr only the last 64 KiB are kept. */
export interface ExecResult extends Exit {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** What `save` has written. */
export interface Saved {
  readonly bytes: number;
  /** There was more: what is missing is the end. */
  readonly truncated: boolean;
}

/** The signals of RFC 4254, 6.10. */
export type RemoteSignal =
  | 'ABRT'
  | 'ALRM'
  | 'FPE'
  | 'HUP'
  | 'ILL'
  | 'INT'
  | 'KILL'
  | 'PIPE'
  | 'QUIT'
  | 'SEGV'
  | 'TERM'
  | 'USR1'
  | 'USR2';

/** One remote process. Both outputs must be read or resumed: they may share one flow-control window. */
export interface Channel {
  /** Destroyed, without an error event, once the process is gone; writes then fall on the floor. */
  readonly stdin: Writable;
  /** Ends when the session is lost, too: only `exit` tells whether the output is whole. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves on the other side's word alone; `lost` when the session, or the channel without a word, went away. */
  readonly exit: Promise<Exit | 'lost'>;
  /** Sends a signal to the process and its group. Whether it died is seen from `exit` alone. */
  kill(signal: RemoteSignal): void;
  /** Closes the channel. The process may live on: `kill` it first, or let it see the end of its stdin. */
  close(): void;
}

/**
 * The way to one instance. Every implementation passes `test/contract/session.ts`. Errors are CndErrors: `session-lost`,
 * `session-aborted`, `session-timeout`, `session-output`, `session-channel`.
 */
export interface Session {
  /** Where it leads, for people: `user@host:port`, a pod. */
  readonly address: string;
  /** Resolves once: with the reason when the session was lost, with undefined after `close`. */
  readonly closed: Promise<CndError | undefined>;
  /** Runs a command to its end, whatever its exit code. If it is stopped or late, its process is killed. */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  /** Starts a command and hands over its streams. The bounds are those of starting it, not of its life. */
  stream(command: string, bounds?: Bounds): Promise<Channel>;
  /**
   * Streams the stdout of a command that must succeed to a file, which appears only when it is whole, or as long as `maxOutput`
   * admits: then the command is killed.
   */
  save(command: string, path: string, options?: ExecOptions): Promise<Saved>;
  /** Says goodbye and closes; what still runs over there is left running (see `Channel.close`). Never rejects. */
  close(): Promise<void>;
}
