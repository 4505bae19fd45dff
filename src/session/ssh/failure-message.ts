import type { Access } from './access.ts';
import type { Attempt, FailureCause } from './attempt.ts';
import { fingerprint, keyType } from './key.ts';

/** What is said of one cause: what is being waited for while it is retried, and what to check when it stays. */
interface Words {
  readonly words: (access: Access, attempt: Attempt) => string;
  readonly hint: (access: Access) => string;
}

const isSshdThere = ({ host, port }: Access) => `Is sshd running on ${host}, and is ${port} its port?`;

const isItReachable = ({ host, port }: Access) =>
  `Does the machine run, is ${host} the right address, and may this machine reach its port ${port} (security group, firewall)?`;

export const failureMessage: Readonly<Record<FailureCause, Words>> = {
  refused: {
    words: ({ port }) => `port ${port} refuses connections: sshd is not up yet`,
    hint: isSshdThere,
  },
  unreachable: {
    words: ({ host }) => `there is no route to ${host}: its network is not up yet`,
    hint: isItReachable,
  },
  silent: {
    words: ({ port }) => `port ${port} accepts connections but says nothing: sshd is starting, or hangs`,
    hint: isSshdThere,
  },
  'closed-early': {
    words: ({ port }) =>
      `port ${port} closes connections during the handshake: sshd is starting, or gets too many at once`,
    hint: isSshdThere,
  },
  timeout: {
    words: ({ host, port }, { connected }) =>
      connected
        ? `the handshake on port ${port} does not end: the machine is busy, or hangs`
        : `${host} does not answer on port ${port}: it is still booting, or a firewall drops the packets`,
    hint: isItReachable,
  },
  'host-key': {
    words: hostKeyWords,
    hint: () =>
      'Another machine may have this address now, or somebody is in between. No login was sent to it.',
  },
  login: {
    words: ({ user }) => `sshd refuses the login of ${user}: the user or its key is not there`,
    hint: ({ user, agent }) =>
      `Is ${user} the right user for the image (ubuntu, ec2-user, admin), and is ${agent === undefined ? 'its key' : 'a key of the ssh-agent'} in authorized_keys?`,
  },
  'no-common-algorithm': {
    words: ({ port }) => `the server on port ${port} has no algorithm in common with cnd`,
    hint: () =>
      'cnd has no post-quantum key exchange: allow curve25519-sha256 in the KexAlgorithms of its sshd_config.',
  },
  name: {
    words: ({ host }) => `the name ${host} does not resolve`,
    hint: ({ host }) => `Check the spelling of ${host}, or give its address.`,
  },
  local: {
    words: () => 'this machine cannot open another connection',
    hint: () => 'Raise the limit of open files (ulimit -n), or check the firewall of this machine.',
  },
  forwarding: {
    words: () => 'the jump host forbids forwarding',
    hint: () => 'Set AllowTcpForwarding yes in the sshd_config of the jump host.',
  },
};

function hostKeyWords({ hostKeys }: Access, { offered }: Attempt): string {
  const expected = hostKeys.map((key) => `${key.split(' ')[0]} ${fingerprint(key)}`).join(' or ');
  if (offered === undefined) return `the server has no host key of the expected type (${expected})`;
  return `the server's host key is ${keyType(offered)} ${fingerprint(offered)}, expected ${expected}`;
}
