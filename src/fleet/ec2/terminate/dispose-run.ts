import type { OrphanKind } from '../../orphan.ts';
import type { Ec2Api } from '../api.ts';
import type { ExplainError } from '../error.ts';
import { deleteGroups } from '../launch/group.ts';
import type { LaunchState } from '../launch/launch-state.ts';
import { deleteVolumes } from './volume.ts';

/** What deleting each kind of thing takes. */
const permissions = {
  'security group': 'ec2:DescribeSecurityGroups, ec2:DeleteSecurityGroup',
  volume: 'ec2:DescribeVolumes, ec2:DeleteVolume',
} as const;

/** What is disposed of, and with what. */
export interface DisposeContext {
  readonly api: Ec2Api;
  readonly orphanKinds: readonly OrphanKind[];
  /** Of a run that this process launched. */
  readonly launchState: LaunchState | undefined;
  /** Seconds for which something may be too new to be seen. */
  readonly settle: number;
  readonly explain: ExplainError;
}

/** Deletes what a run has besides its instances: groups, volumes, queues, schedules. All are tried; throws the first failure. */
export async function disposeRun(
  { api, orphanKinds, launchState, settle, explain }: DisposeContext,
  run: string,
): Promise<void> {
  const removal = async (kind: keyof typeof permissions, remove: () => Promise<void>): Promise<void> => {
    try {
      await remove();
    } catch (error) {
      throw explain(error, {
        what: `a ${kind} cannot be deleted`,
        about: run,
        permissions: permissions[kind],
      });
    }
  };
  const age = (performance.now() - (launchState?.groupRequestedAt ?? -Infinity)) / 1000;
  const groups = { known: launchState?.group?.id, settle: Math.max(0, settle - age) };
  const removals = await Promise.allSettled([
    removal('security group', async () => deleteGroups(await api.ec2(), run, groups)),
    removal('volume', async () => deleteVolumes(await api.ec2(), run)),
    ...orphanKinds.map(async (kind) => kind.remove(run)),
  ]);
  const failure = removals.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
