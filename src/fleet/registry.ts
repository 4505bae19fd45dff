import type { RunConfig } from '../config/config.ts';
import type { Fleet } from './fleet.ts';
import { HostsFleet } from './hosts/hosts.ts';
import { planHosts } from './hosts/plan.ts';
import { LocalFleet } from './local/local.ts';

/**
 * One line a fleet; what a run needs is imported when it is chosen.
 * @throws UsageError when the fleet cannot be used as it is configured; nothing was contacted then.
 */
export function makeFleet(
  config: Pick<RunConfig, 'fleet' | 'local' | 'hosts'>,
  env: NodeJS.ProcessEnv,
): Fleet {
  switch (config.fleet) {
    case 'local':
      return new LocalFleet(config.local, env);
    case 'hosts':
      return new HostsFleet(planHosts(config.hosts, env), env);
  }
}

/** Every fleet that may hold something of this user, for `ps` and `scram`, whatever the configuration says. */
export function everyFleet(env: NodeJS.ProcessEnv): Fleet[] {
  return [new LocalFleet({ bootDelay: 0, rehearse: [] }, env), new HostsFleet([], env)];
}
