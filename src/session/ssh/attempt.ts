/** Why a connection could not be made; `local` and `forwarding` are about this machine and the jump host. */
export type FailureCause =
  | 'refused'
  | 'unreachable'
  | 'silent'
  | 'closed-early'
  | 'timeout'
  | 'host-key'
  | 'login'
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
  /** The host key that the server showed, when it was not a pinned one. */
  readonly offered?: Buffer;
  /** The server's banner before the login, which may say why it refuses. */
  readonly banner?: string;
}
