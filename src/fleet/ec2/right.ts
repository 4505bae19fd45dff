import type { Check } from '../preflight.ts';
import { check, dryRun } from './check.ts';
import { ec2Error } from './fault.ts';
import { groupName } from './group.ts';
import type { MachineImage, MachineType } from './machine.ts';
import type { Network } from './network.ts';
import type { PreflightContext } from './preflight.ts';
import { type RunInstancesPlan, runInstancesInput } from './run-instances.ts';

/** Asks with DryRun for what a run creates. What it deletes cannot be asked for before it exists. */
export async function checkRights(
  { api, settings }: PreflightContext,
  found: {
    readonly type: MachineType;
    readonly image: MachineImage;
    readonly network: Network;
    readonly owner: string;
  },
  region: string,
  signal: AbortSignal,
): Promise<Check[]> {
  const { type, image, network, owner } = found;
  const tags = { run: '20000101-000000-test', owner, expiresAt: new Date() };
  const plan: RunInstancesPlan = {
    tags,
    image,
    type: type.name,
    subnet: network.subnets[0]?.id ?? '',
    groups: settings.securityGroup === undefined ? [] : [settings.securityGroup],
    count: 1,
    firstIndex: 0,
    attempt: 0,
    userData: '',
    publicAddress: settings.connect === 'public',
    instanceProfile: settings.instanceProfile,
    spotPrice: settings.spot ? null : undefined,
  };
  const ec2 = await api.ec2();
  const bounds = { abortSignal: signal };
  const wanted: [string, () => Promise<void>][] = [
    [
      'ec2:RunInstances',
      () => dryRun((ec2) => ec2.runInstances({ ...launchProbe(plan), DryRun: true }, bounds), ec2),
    ],
  ];
  if (settings.securityGroup === undefined) {
    const group = { GroupName: groupName(tags.run), Description: 'cnd', VpcId: network.vpc, DryRun: true };
    wanted.push([
      'ec2:CreateSecurityGroup',
      () => dryRun((ec2) => ec2.createSecurityGroup(group, bounds), ec2),
    ]);
  }
  const made = await Promise.all(
    wanted.map(([right, ask]) =>
      check(
        right,
        signal,
        async () => {
          try {
            await ask();
          } catch (error) {
            const { profile } = settings;
            const launch = {
              count: 1,
              types: [type.name],
              market: settings.spot ? ('spot' as const) : ('on-demand' as const),
            };
            const rights = `${right}, ec2:CreateTags${settings.instanceProfile === undefined ? '' : ', iam:PassRole'}`;
            throw ec2Error(error, {
              what: `${right} would fail`,
              about: right,
              region,
              profile,
              rights,
              launch,
            });
          }
        },
        () => 'allowed',
      ),
    ),
  );
  return made.map(({ check }) => check);
}

/** As for a launch, but without what a dry run may not name yet: a group, a token. */
function launchProbe(plan: RunInstancesPlan) {
  const { ClientToken: _, NetworkInterfaces = [], ...input } = runInstancesInput(plan);
  const interfaces = NetworkInterfaces.map(({ Groups = [], ...rest }) =>
    Groups.length > 0 ? { ...rest, Groups } : rest,
  );
  return { ...input, NetworkInterfaces: interfaces };
}
