import { credentialSource, sourceText } from '../../../aws/credential/source.ts';
import { readSharedFiles } from '../../../aws/credential/profile.ts';
import { dollars } from '../../../quantity.ts';
import type { PreflightRequest } from '../../preflight.ts';
import type { Ec2Settings } from '../schema.ts';
import type { CallerIdentity } from '../identity.ts';
import type { MachineImage } from '../launch/instance-type.ts';
import type { PreflightContext } from './context.ts';
import type { TypePrice } from '../price/price-lookup.ts';

const addressText = { public: 'public addresses', private: 'private addresses', ipv6: 'IPv6 addresses' };

/** Where the credentials come from. */
function callerText({ profile }: Ec2Settings, env: NodeJS.ProcessEnv): string {
  return sourceText(credentialSource(profile, env, readSharedFiles(env)), env);
}

/** What would be launched, where, how and for how long, in words. */
export function planSummary(
  { settings, timing, env }: PreflightContext,
  { count, timeLimit }: PreflightRequest,
  found: {
    readonly where: string;
    readonly identity: CallerIdentity;
    readonly types: readonly string[];
    readonly image: MachineImage | undefined;
    readonly source: string | undefined;
    readonly prices: ReadonlyMap<string, TypePrice>;
  },
): (readonly [string, string])[] {
  const market = settings.spot ? 'spot' : 'on demand';
  const types = found.types.join(', else ') || 'instances';
  const spot = [...found.prices].filter(([, { now }]) => now !== undefined);
  return [
    ['what', `${count} × ${types}, ${market}, in ${found.where} (account ${found.identity.account})`],
    ['caller', `${found.identity.arn}, with ${callerText(settings, env)}`],
    ...(found.image ? [['image', `${settings.image} (${found.image.id})`] as const] : []),
    [
      'for how long',
      `at most ${timeLimit} s; if this machine fails, each instance powers itself off at most ${timeLimit + timing.grace} s after its boot`,
    ],
    [
      'AWS scheduler',
      settings.schedulerRole === undefined
        ? 'off (ec2.schedulerRole)'
        : `on: terminates instances that still run ${timeLimit + timing.grace} s after the start, as ${settings.schedulerRole}`,
    ],
    [
      'network',
      [
        settings.securityGroup ?? `a security group of its own, SSH from ${found.source ?? '?'} only`,
        addressText[settings.connect],
        ...(settings.jump ? [`through ${settings.jump.via}`] : []),
      ].join(', '),
    ],
    ...spot.map(
      ([type, { now = 0, most }]) =>
        [
          'spot price',
          `${type} $${dollars(now)}/h now, at most $${dollars(most)}/h; an interruption loses an instance, others take over; whether a power-off terminates a Spot Instance is untested`,
        ] as const,
    ),
    [
      'broadcast',
      settings.instanceProfile === undefined
        ? 'SQS; agents are notified over SSH (with ec2.instanceProfile they poll the queue themselves)'
        : `SQS; agents poll the queue themselves, as ${settings.instanceProfile}`,
    ],
  ];
}
