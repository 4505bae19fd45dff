import { UsageError } from '../error.ts';
import type { HostSetting, HostsConfig } from '../fleet/hosts/config.ts';
import type { Layer } from './layer.ts';
import { absolutePath } from './path.ts';
import type { Settings } from './schema.ts';

/**
 * What a list of hosts says besides who they are: a layer that gives one but no fleet means the fleet hosts, and without
 * N all of them are meant.
 * @throws UsageError when a layer gives a list and another fleet.
 */
export function withHosts(
  merged: Record<string, unknown>,
  layers: readonly Layer[],
): Record<string, unknown> {
  const chosen = layers.find(({ values }) => values['fleet'] !== undefined || givesHosts(values));
  const fleet = chosen?.values['fleet'] ?? (chosen ? 'hosts' : merged['fleet']);
  if (chosen) refuseContradiction(chosen, fleet);
  const settings: Record<string, unknown> = { ...merged, fleet };
  const list = listOf(merged);
  // At least one, so that of an empty list the list is said to be wrong.
  if (fleet === 'hosts' && Array.isArray(list)) settings['N'] ??= Math.max(1, list.length);
  return settings;
}

/** The hosts as the fleet takes them: paths absolute, relative ones being relative to the configuration file. */
export function hostsConfig(
  hosts: Settings['hosts'],
  directory: string,
  env: NodeJS.ProcessEnv,
): HostsConfig {
  const absolute = (path: string): string => absolutePath(path, directory, env);
  const setting = <T extends HostSetting>(host: T): T =>
    host.identity === undefined ? host : { ...host, identity: absolute(host.identity) };
  const { list, identityFile, agent, jump, knownHosts } = hosts;
  const files = typeof knownHosts === 'string' ? [knownHosts] : knownHosts;
  return {
    list: list.map((host) => setting(host.jump ? { ...host, jump: setting(host.jump) } : host)),
    ...(identityFile !== undefined && { identityFile: absolute(identityFile) }),
    ...(agent !== undefined && { agent: typeof agent === 'string' ? absolute(agent) : agent }),
    ...(jump && { jump: setting(jump) }),
    ...(files && { knownHosts: files.map(absolute) }),
  };
}

/** A file may hold a list for another day; on one command line the two contradict each other. */
function refuseContradiction(layer: Layer, fleet: unknown): void {
  if (fleet === 'hosts' || !givesHosts(layer.values) || layer.lasting) return;
  throw new UsageError(
    'bad-setting',
    `${layer.origin('hosts')} is given, but ${layer.origin('fleet')} is '${String(fleet)}'`,
    { about: 'hosts', hint: 'leave one of them out' },
  );
}

/** An empty list is a place to fill in. */
function givesHosts(values: Readonly<Record<string, unknown>>): boolean {
  const list = listOf(values);
  return list !== undefined && !(Array.isArray(list) && list.length === 0);
}

function listOf(values: Readonly<Record<string, unknown>>): unknown {
  const { hosts } = values;
  return typeof hosts === 'object' && hosts !== null && 'list' in hosts ? hosts.list : undefined;
}
