/** How to reach one machine over SSH: where, as whom, and which host keys are believed. */
export interface Access {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private key in OpenSSH format; one-run keys never leave memory and the run's state directory. */
  readonly privateKey?: string;
  /** Path of an ssh-agent socket, for machines that already exist. */
  readonly agent?: string;
  /** The only host keys accepted, each as `<type> <base64>`; a connection without a pinned key is never made. */
  readonly hostKeys: readonly string[];
  /** A bastion to go through (`forwardOut`). */
  readonly jump?: Access;
}

/** An ed25519 key pair made for one run. */
export interface KeyPair {
  /** OpenSSH private key file, unencrypted. */
  readonly privateKey: string;
  /** `ssh-ed25519 <base64>` without a comment. */
  readonly publicKey: string;
}

/** `user@host:port`, an IPv6 address in brackets. */
export function target({ user, host, port }: Pick<Access, 'user' | 'host' | 'port'>): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}
