import { UsageError } from '../../error.ts';
import { target } from '../../session/ssh/access.ts';
import { readClientConfig } from '../../session/ssh/config/file.ts';
import { type Destination, type RouteSettings, planRoute } from '../../session/ssh/route.ts';
import type { HostSetting, HostsConfig } from './config.ts';
import type { Host } from './host.ts';
import { homeDirectory } from '../../file.ts';

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
  const { identityFile, agent, knownHosts, connectTimeout, sshConfig = true } = config;
  const settings: RouteSettings = {
    config: sshConfig ? readClientConfig(homeDirectory(env)) : undefined,
    knownHosts: { files: knownHosts, about: 'hosts.knownHosts', read: new Map() },
    env,
  };
  const destination = (setting: Omit<HostSetting, 'jump'>, about: string): Destination => {
    const { identity = identityFile, ...address } = setting;
    const named = setting.identity === undefined ? 'hosts.identityFile' : `${about}.identity`;
    return {
      ...address,
      about,
      login: { identity, agent, names: { identity: named, agent: 'hosts.agent' } },
    };
  };
  const hosts = config.list.map(({ jump, ...setting }, index): Host => {
    const about = `hosts.list.${index}`;
    const via = jump ?? config.jump;
    const through = via && destination(via, jump ? `${about}.jump` : 'hosts.jump');
    const route = planRoute({ ...destination(setting, about), jump: through }, settings);
    return { ...route, ...(connectTimeout !== undefined && { connectTimeout }) };
  });
  refuseDuplicates(hosts);
  return hosts;
}

function refuseDuplicates(hosts: readonly Host[]): void {
  const seen = new Map<string, number>();
  for (const [index, host] of hosts.entries()) {
    const name = target(host);
    const first = seen.get(name);
    if (first !== undefined) {
      throw new UsageError('bad-setting', `hosts.list.${index} is ${name}, and so is hosts.list.${first}`, {
        about: 'hosts.list',
        hint: 'list each machine once',
      });
    }
    seen.set(name, index);
  }
}
