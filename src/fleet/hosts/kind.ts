import type { z } from 'zod';
import { absolutePath } from '../../file.ts';
import { type ConfigPlace, fleetKind } from '../kind.ts';
import type { HostSetting, HostsConfig } from './config.ts';
import { free } from '../../cost.ts';
import { hostKeys, hostsSchema } from './schema.ts';
import { hostsSettingNames } from './setting.ts';

/** Machines that exist already. */
export const hostsKind = fleetKind({
  name: 'hosts',
  schema: hostsSchema,
  defaults: { list: [] },
  releases: true,
  settings: hostsSettingNames,
  examples: { hosts: '--hosts user@a,user@b:2222', 'hosts.connectTimeout': '--connect-timeout 20' },
  template: {
    'hosts.identityFile': '~/.ssh/id_ed25519',
    'hosts.agent': true,
    'hosts.jump': 'user@jump.example.org',
    'hosts.connectTimeout': 20,
    'hosts.knownHosts': '~/.ssh/known_hosts',
  },
  keysAt: () => hostKeys,
  // An empty list is a place to fill in.
  isImpliedBy: (settings) => {
    const list = listOf(settings);
    return list !== undefined && !(Array.isArray(list) && list.length === 0);
  },
  // All of them; at least one, so that of an empty list the list is said to be wrong.
  count: (settings) => {
    const list = listOf(settings);
    return Array.isArray(list) ? Math.max(1, list.length) : undefined;
  },
  // An empty list is judged where it is needed, with words of its own.
  most: ({ list }) => (list.length === 0 ? undefined : list.length),
  config: hostsConfig,
  // What they are is known when they answer.
  machines: async ({ list }) => [
    { name: 'hosts', cores: 1, market: 'own', price: free, ...(list.length > 0 && { most: list.length }) },
  ],
  open: async (config, env) => {
    const [{ HostsFleet }, { planHosts }] = await Promise.all([import('./hosts.ts'), import('./plan.ts')]);
    return new HostsFleet(planHosts(config, env), env);
  },
  // Neither the configuration of SSH nor known_hosts need be as they were: the list of the run has what counts.
  reopen: async ({ connectTimeout }, env) =>
    new (await import('./hosts.ts')).HostsFleet([], env, connectTimeout),
  openAll: async (env, { region }) => {
    // Whoever names a region does not mean machines that exist anyway.
    if (region !== undefined) return { fleets: [], unreachable: [], skipped: [] };
    const { HostsFleet } = await import('./hosts.ts');
    return { fleets: [new HostsFleet([], env)], unreachable: [], skipped: [] };
  },
});

/** The hosts as the fleet takes them: paths absolute, relative ones being relative to the configuration file. */
function hostsConfig(
  hosts: z.output<typeof hostsSchema>,
  { directory, env, sshConfig }: ConfigPlace,
): HostsConfig {
  const absolute = (path: string): string => absolutePath(path, directory, env);
  const setting = <T extends HostSetting>(host: T): T =>
    host.identity === undefined ? host : { ...host, identity: absolute(host.identity) };
  const { list, identityFile, agent, jump, connectTimeout, knownHosts } = hosts;
  const files = typeof knownHosts === 'string' ? [knownHosts] : knownHosts;
  return {
    list: list.map((host) => setting(host.jump ? { ...host, jump: setting(host.jump) } : host)),
    ...(identityFile !== undefined && { identityFile: absolute(identityFile) }),
    ...(agent !== undefined && { agent: typeof agent === 'string' ? absolute(agent) : agent }),
    ...(jump && { jump: setting(jump) }),
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...(sshConfig === false && { sshConfig }),
    ...(files && { knownHosts: files.map(absolute) }),
  };
}

function listOf(settings: unknown): unknown {
  return typeof settings === 'object' && settings !== null && 'list' in settings ? settings.list : undefined;
}
