import type { Access } from './access.ts';
import type { Attempt, FailureCause } from './attempt.ts';
import { fingerprint, keyType } from './key.ts';

/** What is said of one cause: what is being waited for while it is retried, and what to check when it stays. */
interface Words {
  readonly words: (access: Access, attempt: Attempt) => string;
  readonly hint: (access: Access, attempt: Attempt) => string;
}

const isSshdThere = ({ host, port }: Access) => `Is sshd running on ${host}, and is ${port} its port?`;

const isItReachable = ({ host, port }: Access) =>
  `Is the machine running, is ${host} the right address, and may this machine reach its port ${port} (security group, firewall)?`;

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
    words: ({ port }) => `port ${port} accepts connections but sends nothing: sshd is starting, or hangs`,
    hint: isSshdThere,
  },
  'closed-early': {
    words: ({ port }) =>
      `port ${port} closes connections during the handshake: sshd is starting, or has too many connections`,
    hint: isSshdThere,
  },
  timeout: {
    words: timeoutWords,
    hint: (access, { exchanged }) =>
      exchanged
        ? 'Look at AuthorizedKeysCommand, PAM, and where homes are mounted from, on that machine.'
        : isItReachable(access),
  },
  'host-key': {
    words: hostKeyWords,
    hint: () =>
      'Another machine may have this address now, or the connection is intercepted. No login was sent to it.',
  },
  login: {
    words: ({ user }, { methods }) =>
      takesKeys(methods)
        ? `sshd refuses the login of ${user}: the user or its key is not there`
        : `sshd takes no key from ${user}, only: ${methods?.join(', ')}`,
    hint: ({ user, agent }, { methods }) =>
      takesKeys(methods)
        ? `Is ${user} the right user (for images of EC2 ubuntu, ec2-user, admin), and is ${agent === undefined ? 'its key' : 'a key of the ssh-agent'} in authorized_keys?`
        : 'cnd logs in with keys alone: set PubkeyAuthentication yes in its sshd_config.',
  },
  'second-factor': {
    words: ({ user }, { methods = [] }) =>
      `sshd takes the key of ${user} and asks for a second factor (${methods.join(', ')})`,
    hint: ({ user }) =>
      `cnd cannot answer it: use a user whose key is enough (Match User ${user} and AuthenticationMethods publickey in its sshd_config).`,
  },
  'too-many-keys': {
    words: ({ user }) => `sshd ends the login of ${user}: too many keys were tried before the right one`,
    hint: () =>
      'Name the right key in hosts.identityFile, without hosts.agent; or remove keys from the ssh-agent (ssh-add -d).',
  },
  'no-common-algorithm': {
    words: ({ port }, { error }) =>
      `the server on port ${port} has no ${algorithmKind(error)} in common with cnd`,
    hint: (_, { error }) => algorithmHint[algorithmKind(error)],
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

function timeoutWords({ host, port, user }: Access, { connected, exchanged }: Attempt): string {
  if (exchanged) return `the login of ${user} on port ${port} does not end: sshd is still looking it up`;
  if (connected) return `the key exchange on port ${port} does not complete: the machine is busy, or hangs`;
  return `${host} does not answer on port ${port}: it is still booting, or a firewall drops the packets`;
}

function takesKeys(methods: readonly string[] | undefined): boolean {
  return methods === undefined || methods.length === 0 || methods.includes('publickey');
}

type AlgorithmKind = 'key exchange' | 'cipher' | 'MAC' | 'compression';

const algorithmHint: Readonly<Record<AlgorithmKind, string>> = {
  'key exchange':
    'cnd has no post-quantum key exchange: allow curve25519-sha256 in the KexAlgorithms of its sshd_config.',
  cipher: 'Allow aes128-gcm@openssh.com or aes128-ctr in the Ciphers of its sshd_config.',
  MAC: 'Allow hmac-sha2-256-etm@openssh.com in the MACs of its sshd_config, or an AES-GCM cipher.',
  compression: 'Allow connections without compression in its sshd_config.',
};

/** Of the words of ssh2: `Handshake failed: no matching C->S cipher`. */
function algorithmKind(error: unknown): AlgorithmKind {
  const message = error instanceof Error ? error.message : '';
  if (/cipher/i.test(message)) return 'cipher';
  if (/mac/i.test(message)) return 'MAC';
  return /compress/i.test(message) ? 'compression' : 'key exchange';
}
