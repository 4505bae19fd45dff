import type { Ec2Settings } from '../schema.ts';
import type { KeyPair } from '../../../session/ssh/access.ts';
import { generateKeyPair } from '../../../session/ssh/key.ts';
import type { LaunchRequest } from '../../fleet.ts';
import type { InstanceLogin } from '../find/describe.ts';
import type { Prerequisites } from './prerequisite.ts';
import type { SyslogKind } from './image.ts';
import { jumpAccess } from '../jump.ts';
import type { LaunchPlan } from './run-instances.ts';
import type { TypePrice } from '../price/price-lookup.ts';
import type { RunTags } from '../tag.ts';
import { userData } from './user-data.ts';

/** A launch, ready to be asked for. */
export interface LaunchOrder {
  readonly plan: LaunchPlan;
  /** How its instances will be reached. */
  readonly login: InstanceLogin;
  readonly syslog: SyslogKind;
}

/** What an order is made from. */
export interface OrderContext {
  readonly settings: Ec2Settings;
  readonly env: NodeJS.ProcessEnv;
  readonly prerequisites: Prerequisites;
  readonly prices: ReadonlyMap<string, TypePrice>;
  /** The key that may log in, where the run has one already. */
  readonly loginKey?: KeyPair;
  /** Makes what ends each instance after T besides its own switch, before there is one; gives what adds instances to it. */
  readonly schedule: (tags: RunTags) => Promise<LaunchPlan['onLaunched']>;
  /** Makes the run's own security group, the last thing before instances: missing rights show while all is free. */
  readonly makeGroup: (tags: RunTags, vpc: string) => Promise<string>;
}

/** Finds out, or is told, all that RunInstances needs. @throws CndError saying what is missing. */
export async function prepareOrder(
  { settings, env, prerequisites, prices, loginKey = generateKeyPair(), makeGroup, schedule }: OrderContext,
  request: LaunchRequest,
  signal: AbortSignal,
): Promise<LaunchOrder> {
  const { run, count, minimum, expiresAt, notice = () => {} } = request;
  const hostKey = generateKeyPair();
  const begun = performance.now();
  const jump = settings.jump && jumpAccess({ ...settings, jump: settings.jump }, env);
  const [identity, types, image, network] = await Promise.all([
    prerequisites.identity(signal),
    prerequisites.types(signal),
    prerequisites.image(signal),
    prerequisites.network(signal),
  ]);
  const tags = { run, owner: identity.owner, expiresAt, own: settings.tags };
  const groups = [settings.securityGroup ?? (await makeGroup(tags, network.vpc))];
  const onLaunched = await schedule(tags);
  const lifetime = (): number => request.lifetime - (performance.now() - begun) / 1000;
  return {
    login: {
      port: 22,
      user: settings.user ?? image.user,
      hostKeys: [hostKey.publicKey],
      privateKey: loginKey.privateKey,
      ...(jump && { jump }),
    },
    syslog: image.syslog,
    plan: {
      tags,
      image,
      types: types.map(({ name }) => name),
      subnets: network.subnets,
      groups,
      count,
      minimum,
      firstIndex: 0,
      userData: () => userData({ run, lifetime: lifetime(), hostKey, loginKey: loginKey.publicKey }),
      connect: settings.connect,
      instanceProfile: settings.instanceProfile,
      spotPrice: (type) => (settings.spot ? (prices.get(type)?.most ?? null) : undefined),
      notice,
      onLaunched,
    },
  };
}
