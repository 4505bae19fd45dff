import type { AwsSettings } from '../../aws/client.ts';
import { metadataEndpoint } from '../../aws/endpoint.ts';
import type { Fleet } from '../fleet.ts';
import { type LaunchedPlace, fleetKind } from '../kind.ts';
import type { OrphanKind } from '../orphan.ts';
import { type Ec2Settings, ec2Config, ec2Defaults, ec2Schema } from './schema.ts';
import { ec2SettingNames } from './setting.ts';

/** Instances of Amazon EC2. */
export const ec2Kind = fleetKind({
  name: 'ec2',
  schema: ec2Schema,
  defaults: ec2Defaults,
  isPaid: true,
  kept: { keys: ['types', 'image', 'spot'], where: 'region' },
  settings: ec2SettingNames,
  examples: {
    'ec2.region': '--region eu-west-1',
    'ec2.types': '--type c8a.medium,c7a.medium',
    'ec2.image': '--image ubuntu-24.04',
    'ec2.sshFrom': '"sshFrom": "203.0.113.7/32"',
    'ec2.jump': '"jump": { "via": "ec2-user@bastion.example.com" }',
  },
  template: {
    'ec2.region': 'eu-west-1',
    'ec2.profile': 'default',
    'ec2.types': ['c8a.medium', 'c7a.medium'],
    'ec2.user': 'ubuntu',
    'ec2.securityGroup': 'sg-0abc',
    'ec2.jump': { via: 'user@jump.example.org' },
    'ec2.connectTimeout': 20,
    'ec2.tags': { team: 'research' },
    'ec2.schedulerRole': 'arn:aws:iam::123456789012:role/cnd-scheduler',
    'ec2.instanceProfile': 'cnd-agent',
  },
  keysAt: () => Object.keys(ec2Schema.shape.jump.unwrap().shape),
  config: ec2Config,
  aws: ({ region, profile }) => ({ region, profile }),
  tags: ({ tags }) => tags,
  machines: async (config, request) => (await import('./price/machine-kind.ts')).ec2Machines(config, request),
  broadcast: ({ profile, instanceProfile, tags }, { fleet, preflight, expiresAt, scheme, env }) => {
    return {
      kind: 'sqs',
      owner: preflight?.owner ?? 'unknown',
      expiresAt,
      settings: { profile, region: fleet.where },
      env,
      tags: { ...tags, 'cnd:scheme': scheme },
      ...(instanceProfile !== undefined && { imds: metadataEndpoint(env) }),
    };
  },
  open: openEc2,
  // Whatever the environment says by now, a run is where it was launched.
  reopen: (config, env, place) =>
    openEc2({ ...config, ...(place.where !== undefined && { region: place.where }) }, env, place),
  // In all regions; with a profile only what that sees, or one region of it and nothing else.
  openAll: async (env, filter) => {
    const { ec2AllRegions } = await import('./find/all-regions.ts');
    const { queueOrphans } = await import('./terminate/queue.ts');
    const { scheduleOrphans } = await import('./schedule/orphan.ts');
    const { sdkApi } = await import('./api.ts');
    const orphanKinds = (settings: AwsSettings): OrphanKind[] => [
      queueOrphans(settings, env),
      scheduleOrphans(sdkApi(settings, env), false),
    ];
    const { fleets, unreachable, skipped } = await ec2AllRegions({ env, ...filter, orphanKinds });
    return { fleets, unreachable, skipped: skipped === undefined ? [] : [skipped] };
  },
});

async function openEc2(
  config: Ec2Settings,
  env: NodeJS.ProcessEnv,
  place: LaunchedPlace = {},
): Promise<Fleet> {
  const [{ Ec2Fleet }, { sdkApi }] = await Promise.all([import('./ec2.ts'), import('./api.ts')]);
  const { region, profile, schedulerRole } = config;
  const api = sdkApi({ region, profile }, env);
  const { scheduleOrphans } = await import('./schedule/orphan.ts');
  const orphanKinds = schedulerRole === undefined ? [] : [scheduleOrphans(api, true)];
  return new Ec2Fleet({ settings: config, api, env, orphanKinds, place });
}
