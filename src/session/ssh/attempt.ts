/** Why a connection could not be made; `local` and `forwarding` are about this machine and the jump host. */
export type FailureCause =
  | 'refused'
  | 'unreachable'
  | 'silent'
  | 'closed-early'
  | 'timeout'
  | 'host-key'
  | 'login'
  | 'second-factor'
  | 'too-many-keys'
  | 'no-common-algorithm'
  | 'name'
  | 'local'
  | 'forwarding';

/** How far an attempt had come when it failed, and what was seen on the way. */
export interface Attempt {
  /** What went wrong; absent when the other side just closed, or time ran out. */
  readonly error?: unknown;
  /** The timeout that was reached, in milliseconds. */
  readonly timedOut?: number;
  /** The TCP connection (or the channel through the jump host) was open. */
  readonly connected?: boolean;
  /** The server had sent something. */
  readonly heard?: boolean;
  /** The key exchange was complete: what failed, or is being waited for, is the login. */
  readonly exchanged?: boolean;
  /** The host key that the server showed, when it was not a pinned one. */
  readonly offered?: Buffer;
  /** Lines that the server sent before its version, which may say why it closes: `Exceeded MaxStartups`. */
  readonly greeting?: string;
  /** The server's banner before the login, which may say why it refuses. */
  readonly banner?: string;
  /** The ways to log in that the server named when it refused one: `publickey`, `keyboard-interactive`. */
  readonly methods?: readonly string[];
  /** The server took the key, and wants something more. */
  readonly isPartial?: boolean;
}
