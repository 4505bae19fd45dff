import type { EC2 } from '@aws-sdk/client-ec2';
import { hasCode } from '../../../aws/code.ts';
import type { Ec2Settings } from '../schema.ts';
import type { Check } from '../../preflight.ts';
import { asWarning, check } from '../../check.ts';
import { type Ec2Call, ec2Error, isFreePlanRefusal, launchErrorKind } from '../error.ts';
import { groupInput } from '../launch/group.ts';
import { findEligible } from '../launch/eligible-type.ts';
import type { MachineImage, MachineType } from '../launch/instance-type.ts';
import type { Network } from '../launch/network.ts';
import type { PreflightContext } from './context.ts';
import { runInstancesInput } from '../launch/run-instances.ts';
import type { RunTags } from '../tag.ts';

/** What a launch would be made of. */
export interface Launchable {
  readonly types: readonly MachineType[];
  readonly image: MachineImage;
  readonly network: Network;
  readonly owner: string;
}

/** Asks with DryRun for what a run creates. What it deletes cannot be asked for before it exists. */
export async function checkPermissions(
  { api, settings }: PreflightContext,
  found: Launchable,
  region: string,
  signal: AbortSignal,
): Promise<Check[]> {
  const ec2 = await api.ec2();
  const tags = { run: '20000101-000000-test', owner: found.owner, expiresAt: new Date(), own: settings.tags };
  const { profile, instanceProfile, spot, securityGroup } = settings;
  const types = settings.types ?? found.types.map(({ name }) => name);
  const allowed = async (permission: string, more: string, ask: () => Promise<void>): Promise<Check> => {
    const permissions = `${permission}, ec2:CreateTags${more}`;
    const launch = { count: 1, types, market: spot ? 'spot' : 'on-demand' } as const;
    const call: Ec2Call = {
      what: `${permission} would fail`,
      about: permission,
      region,
      profile,
      permissions,
      launch,
    };
    const explained = (): Promise<void> =>
      ask().catch(async (error: unknown) => {
        const architecture = found.types[0]?.architecture;
        const eligible = isFreePlanRefusal(error) ? await findEligible(ec2, architecture, signal) : undefined;
        throw ec2Error(error, { ...call, launch: { ...launch, eligible } });
      });
    return (await check(permission, signal, explained, () => 'allowed')).check;
  };
  const passing = instanceProfile === undefined ? '' : ', iam:PassRole';
  return Promise.all([
    allowed('ec2:RunInstances', passing, () => probeLaunch(ec2, found, tags, settings, signal)).then(
      (made) => (isLack(made) ? asWarning(made) : made),
    ),
    ...(securityGroup === undefined
      ? [allowed('ec2:CreateSecurityGroup', '', () => probeGroup(ec2, found, tags, signal))]
      : []),
  ]);
}

/**
 * Asks with DryRun for what a run looks at: without it instances would be paid for that nobody can see, until T.
 */
export async function checkReadAccess(
  { api, settings }: PreflightContext,
  region: string,
  signal: AbortSignal,
): Promise<Check> {
  const ec2 = await api.ec2();
  const [input, bounds] = [{ DryRun: true }, { abortSignal: signal }];
  const looks: readonly (readonly [permission: string, ask: () => Promise<unknown>])[] = [
    ['ec2:DescribeInstances', () => ec2.describeInstances(input, bounds)],
    ['ec2:DescribeVolumes', () => ec2.describeVolumes(input, bounds)],
    ['ec2:DescribeSecurityGroups', () => ec2.describeSecurityGroups(input, bounds)],
  ];
  const { profile } = settings;
  const all = async (): Promise<void> => {
    await Promise.all(
      looks.map(async ([permission, ask]) =>
        dryRun(ask).catch((error: unknown) => {
          throw ec2Error(error, {
            what: `${permission} would fail`,
            about: permission,
            region,
            profile,
            permissions: permission,
          });
        }),
      ),
    );
  };
  const words = (): string => `${looks.map(([permission]) => permission).join(', ')} are allowed`;
  return (await check('ec2:Describe', signal, all, words)).check;
}

/** What lacks now may be there in a moment: the launch will see. */
function isLack({ cause }: Check): boolean {
  return cause instanceof Error && launchErrorKind(cause.cause) === 'capacity';
}

/** As the launch itself: in the next zone, and of the next type, where one is not to be had. */
async function probeLaunch(
  ec2: EC2,
  { types, network, ...found }: Launchable,
  tags: RunTags,
  settings: Ec2Settings,
  signal: AbortSignal,
): Promise<void> {
  let lack: unknown;
  for (const { name } of types) {
    zones: for (const { id } of network.subnets) {
      const input = { ...launchProbe(name, id, found.image, tags, settings), DryRun: true };
      try {
        return await dryRun(() => ec2.runInstances(input, { abortSignal: signal }));
      } catch (error) {
        const errorKind = launchErrorKind(error);
        if (errorKind !== 'capacity' && errorKind !== 'type') throw error;
        lack = error;
        if (errorKind === 'type') break zones;
      }
    }
  }
  throw lack;
}

async function probeGroup(
  ec2: EC2,
  { network }: Launchable,
  tags: RunTags,
  signal: AbortSignal,
): Promise<void> {
  // With the tags: a policy may allow only what carries them.
  const input = { ...groupInput(tags, network.vpc), DryRun: true };
  await dryRun(() => ec2.createSecurityGroup(input, { abortSignal: signal }));
}

/**
 * Makes a call that only asks whether it would be allowed: EC2 says so with an error of its own (API reference, "Common
 * query parameters").
 * @throws the error that the true call would meet.
 */
async function dryRun(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (hasCode(error, 'DryRunOperation')) return;
    throw error;
  }
}

/** As for a launch, but without what a dry run may not name yet: a group, a token. */
function launchProbe(
  type: string,
  subnet: string,
  image: MachineImage,
  tags: RunTags,
  settings: Ec2Settings,
) {
  const { securityGroup, connect, instanceProfile, spot } = settings;
  const {
    ClientToken: _,
    NetworkInterfaces = [],
    ...input
  } = runInstancesInput({
    tags,
    image,
    type,
    subnet,
    groups: securityGroup === undefined ? [] : [securityGroup],
    count: 1,
    firstIndex: 0,
    attempt: 0,
    userData: '',
    connect,
    instanceProfile,
    spotPrice: spot ? null : undefined,
  });
  const interfaces = NetworkInterfaces.map(({ Groups = [], ...rest }) =>
    Groups.length > 0 ? { ...rest, Groups } : rest,
  );
  return { ...input, NetworkInterfaces: interfaces };
}
