import { userInfo } from 'node:os';
import type { Ec2Settings } from './schema.ts';
import { UsageError } from '../../error.ts';
import type { Access } from '../../session/ssh/access.ts';
import { parseAddress } from '../../session/ssh/address.ts';
import { chooseLogin, credentials } from '../../session/ssh/login.ts';
import { type HostPort, pinnedKeys, readKnownHosts, usableKeys } from '../../session/ssh/pin.ts';

type Jump = NonNullable<Ec2Settings['jump']>;

/** The setting, for messages. */
const about = 'ec2.jump';

/**
 * How to reach the jump host. Its key is pinned like any other: from the configuration, or from known_hosts.
 * @throws UsageError when there is no key to pin, or nothing to log in with.
 */
export function jumpAccess({ via, identity, hostKey, knownHosts }: Jump, env: NodeJS.ProcessEnv): Access {
  const place = parseVia(via);
  const files = knownHosts === undefined ? undefined : [knownHosts];
  const hostKeys = hostKey
    ? usableKeys(place, [hostKey.split(' ').slice(0, 2).join(' ')], about)
    : pinnedKeys(place, about, {
        known: readKnownHosts(files, `${about}.knownHosts`, env),
        file: knownHosts,
      });
  const login = chooseLogin({ identity, names: { identity: `${about}.identity` } }, env);
  return { ...place, hostKeys, ...credentials(login, env) };
}

/** The parts of `user@host:port`. @throws UsageError */
export function parseVia(via: string): HostPort {
  const address = parseAddress(via);
  if ('error' in address) {
    throw new UsageError('bad-setting', `${about}.via is '${via}': it ${address.error}`, { about });
  }
  const { user = userInfo().username, host, port = 22 } = address;
  return { user, host, port };
}
