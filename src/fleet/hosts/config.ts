import type { Address } from '../../session/ssh/address.ts';

/** A machine as the configuration names it. Paths are absolute. */
export interface HostSetting extends Address {
  /** Path of its private key, instead of `identityFile`. */
  readonly identity?: string | undefined;
  /** The host to go through, instead of the list's. */
  readonly jump?: Omit<HostSetting, 'jump'> | undefined;
}

/** The `hosts` part of the configuration. */
export interface HostsConfig {
  readonly list: readonly HostSetting[];
  /** Path of the private key to log in with. */
  readonly identityFile?: string | undefined;
  /** Whether to ask the ssh-agent of SSH_AUTH_SOCK, or another agent's socket; by default without an identity. */
  readonly agent?: boolean | string | undefined;
  readonly jump?: Omit<HostSetting, 'jump'> | undefined;
  /** Seconds for each step of a connection: to reach the machine, and to exchange keys with it. */
  readonly connectTimeout?: number | undefined;
  /** False: ~/.ssh/config is not read. */
  readonly sshConfig?: boolean | undefined;
  /** Instead of ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts. */
  readonly knownHosts?: readonly string[] | undefined;
}
