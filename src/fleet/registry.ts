import type { AwsSettings } from '../aws/client.ts';
import type { RunConfig } from '../config/config.ts';
import type { Fleet } from './fleet.ts';
import { HostsFleet } from './hosts/hosts.ts';
import { planHosts } from './hosts/plan.ts';
import type { Leftover } from './leftover.ts';
import { LocalFleet } from './local/local.ts';

/**
 * One line a fleet; what a run needs is imported when it is chosen.
 * @throws UsageError when the fleet cannot be used as it is configured; nothing was contacted then.
 */
export async function makeFleet(
  config: Pick<RunConfig, 'fleet' | 'local' | 'hosts' | 'ec2'>,
  env: NodeJS.ProcessEnv,
): Promise<Fleet> {
  switch (config.fleet) {
    case 'local':
      return new LocalFleet(config.local, env);
    case 'hosts':
      return new HostsFleet(planHosts(config.hosts, env), env);
    case 'ec2': {
      const [{ Ec2Fleet }, { sdkApi }] = await Promise.all([import('./ec2/ec2.ts'), import('./ec2/api.ts')]);
      const { region, profile } = config.ec2;
      return new Ec2Fleet({ settings: config.ec2, api: sdkApi({ region, profile }, env), env });
    }
  }
}

/** Where `ps` and `scram` look. */
export interface EveryFleet {
  readonly fleets: readonly Fleet[];
  readonly unreachable: readonly { readonly fleet: string; readonly error: unknown }[];
  /** What was not looked at, and why there is no need to. */
  readonly skipped: readonly string[];
}

/**
 * Every fleet that may hold something of this user, whatever the configuration says: local, hosts, and EC2 in all regions.
 * @param narrow Of EC2 only what a profile sees; or one region of it and nothing else.
 */
export async function everyFleet(
  env: NodeJS.ProcessEnv,
  narrow: { readonly region?: string | undefined; readonly profile?: string | undefined } = {},
): Promise<EveryFleet> {
  const { ec2Everywhere } = await import('./ec2/find/all-regions.ts');
  const { queueLeftover } = await import('./ec2/terminate/queue.ts');
  const leftovers = (settings: AwsSettings): Leftover[] => [queueLeftover(settings, env)];
  const { fleets, unreachable, skipped } = await ec2Everywhere({ env, ...narrow, leftovers });
  // Whoever names a region does not mean this machine, nor machines that exist anyway.
  const here =
    narrow.region === undefined
      ? [new LocalFleet({ bootDelay: 0, rehearse: [] }, env), new HostsFleet([], env)]
      : [];
  return { fleets: [...here, ...fleets], unreachable, skipped: skipped === undefined ? [] : [skipped] };
}
