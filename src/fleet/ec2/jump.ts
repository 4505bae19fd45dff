import type { Ec2Settings } from './schema.ts';
import { UsageError } from '../../error.ts';
import type { Access } from '../../session/ssh/access.ts';
import { type Address, parseAddress } from '../../session/ssh/address.ts';
import { type ConfigEntry, readClientConfig } from '../../session/ssh/config/file.ts';
import { machineOf } from '../../session/ssh/config/machine.ts';
import type { HostPort } from '../../session/ssh/known-host/pin.ts';
import { accessOf, planRoute } from '../../session/ssh/route.ts';
import { homeDirectory } from '../../file.ts';

/** The settings that a jump host is reached by. */
type JumpSettings = Pick<Ec2Settings, 'sshConfig'> & { readonly jump: NonNullable<Ec2Settings['jump']> };

/** The setting, for messages. */
const about = 'ec2.jump';

/**
 * How to reach the jump host. Its key is pinned like any other: from the configuration, or from known_hosts.
 * @throws UsageError when there is no key to pin, or nothing to log in with.
 */
export function jumpAccess({ jump, sshConfig = true }: JumpSettings, env: NodeJS.ProcessEnv): Access {
  const { via, identity, hostKey, knownHosts } = jump;
  const login = { identity, names: { identity: `${about}.identity` } };
  const settings = {
    config: clientConfig(sshConfig, env),
    knownHosts: {
      files: knownHosts === undefined ? undefined : [knownHosts],
      about: `${about}.knownHosts`,
      read: new Map(),
    },
    env,
  };
  return accessOf(planRoute({ ...parseVia(via), about, login, hostKey }, settings), env);
}

/** Where the jump host is, with what ~/.ssh/config makes of its name. @throws UsageError */
export function jumpPlace({ jump, sshConfig = true }: JumpSettings, env: NodeJS.ProcessEnv): HostPort {
  const home = homeDirectory(env);
  const { host, port, user } = machineOf(parseVia(jump.via), clientConfig(sshConfig, env), env, home);
  return { host, port, user };
}

function clientConfig(isRead: boolean, env: NodeJS.ProcessEnv): ConfigEntry[] | undefined {
  return isRead ? readClientConfig(homeDirectory(env)) : undefined;
}

/** The parts of `user@host:port`. @throws UsageError */
function parseVia(via: string): Address {
  const address = parseAddress(via);
  if (!('error' in address)) return address;
  throw new UsageError('bad-setting', `${about}.via is '${via}': it ${address.error}`, { about });
}
