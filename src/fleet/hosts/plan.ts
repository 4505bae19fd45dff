import { userInfo } from 'node:os';
import { UsageError } from '../../error.ts';
import { target } from '../../session/ssh/access.ts';
import type { KnownHost } from '../../session/ssh/known-hosts.ts';
import { chooseLogin } from '../../session/ssh/login.ts';
import { pinnedKeys, readKnownHosts } from '../../session/ssh/pin.ts';
import type { HostSetting, HostsConfig } from './config.ts';
import type { Host } from './host.ts';

/**
 * Judges the list before anything is contacted: who is who, what to log in with, and which host keys are known.
 * @throws UsageError naming the field, its value and the remedy.
 */
export function planHosts(config: HostsConfig, env: NodeJS.ProcessEnv): Host[] {
  if (config.list.length === 0) {
    throw new UsageError('missing-setting', 'hosts.list is empty: the fleet hosts needs machines', {
      about: 'hosts.list',
      hint: 'for example --hosts user@a,user@b:2222',
    });
  }
  const known = readKnownHosts(config.knownHosts, 'hosts.knownHosts', env);
  const hosts = config.list.map((setting, index) => {
    const about = `hosts.list.${index}`;
    const via = setting.jump ?? config.jump;
    const jump = via && plan(via, setting.jump ? `${about}.jump` : 'hosts.jump', config, known, env);
    const host = plan(setting, about, config, known, env, jump);
    return jump ? { ...host, jump } : host;
  });
  refuseDuplicates(hosts);
  return hosts;
}

function plan(
  setting: Omit<HostSetting, 'jump'>,
  about: string,
  { identityFile, agent, knownHosts }: HostsConfig,
  known: readonly KnownHost[],
  env: NodeJS.ProcessEnv,
  jump?: Host,
): Host {
  const { host, port = 22, user = userInfo().username, identity = identityFile } = setting;
  const named = setting.identity === undefined ? 'hosts.identityFile' : `${about}.identity`;
  const names = { identity: named, agent: 'hosts.agent' };
  const hostKeys = pinnedKeys({ user, host, port }, about, { known, file: knownHosts?.[0], jump });
  return { user, host, port, hostKeys, ...chooseLogin({ identity, agent, names }, env) };
}

function refuseDuplicates(hosts: readonly Host[]): void {
  const seen = new Map<string, number>();
  for (const [index, host] of hosts.entries()) {
    const name = target(host);
    const first = seen.get(name);
    if (first !== undefined) {
      throw new UsageError('bad-setting', `hosts.list.${index} is ${name}, and so is hosts.list.${first}`, {
        about: 'hosts.list',
        hint: 'name each machine once',
      });
    }
    seen.set(name, index);
  }
}
