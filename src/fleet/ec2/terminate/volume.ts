import type { EC2, Volume } from '@aws-sdk/client-ec2';
import { hasCode } from '../../../aws/code.ts';
import { untilDeleted } from '../../../aws/deletion.ts';
import { CndError } from '../../../error.ts';
import type { Orphan } from '../../orphan.ts';
import { expiryTag, runFilter, tagKeys, tagValue } from '../tag.ts';

/** The volumes of a run, or of any run, by tag: every volume is tagged by the call that creates it. */
export async function findVolumes(ec2: EC2, run?: string): Promise<Volume[]> {
  const { paginateDescribeVolumes } = await import('@aws-sdk/client-ec2');
  const found: Volume[] = [];
  const pages = paginateDescribeVolumes({ client: ec2, pageSize: 500 }, { Filters: runFilter(run) });
  for await (const { Volumes = [] } of pages) found.push(...Volumes);
  return found;
}

/** Whether a volume outlived its instance: it is attached to nothing, and costs money until it is deleted. Pure. */
export function isOrphan({ State }: Volume): boolean {
  return State === 'available' || State === 'error';
}

/** Whether a volume is still attached, and will outlive its instance. Pure. */
function isAwaited({ State, Attachments = [] }: Volume): boolean {
  return State === 'in-use' && Attachments.some(({ DeleteOnTermination }) => DeleteOnTermination === false);
}

/** A volume as something that a run has left behind. Pure. */
export function volumeOrphan({ Tags, VolumeId = '', Size }: Volume): Orphan {
  return {
    run: tagValue(Tags, tagKeys.run) ?? '',
    what: `volume ${VolumeId}${Size === undefined ? '' : ` (${Size} GiB)`}`,
    owner: tagValue(Tags, tagKeys.owner),
    expiresAt: expiryTag(Tags),
  };
}

/**
 * Deletes the volumes of a run that outlive its instances. Those that are still attached and will not be deleted with
 * their instance are waited for.
 * @throws CndError `volume-attached` when one still is.
 */
export async function deleteVolumes(ec2: EC2, run: string): Promise<void> {
  const remove = async (): Promise<void> => {
    const volumes = await findVolumes(ec2, run);
    for (const { VolumeId = '' } of volumes.filter(isOrphan)) await deleteVolume(ec2, VolumeId);
    const attached = volumes.filter(isAwaited).map(({ VolumeId = '' }) => VolumeId);
    if (attached.length > 0)
      throw new CndError('volume-attached', `${attached.join(', ')} is still attached to an instance`, {
        about: run,
        hint: `cnd scram --run ${run}`,
      });
  };
  const isAttached = (error: unknown): boolean =>
    error instanceof CndError && error.code === 'volume-attached';
  await untilDeleted(remove, { isNotYet: isAttached });
}

async function deleteVolume(ec2: EC2, VolumeId: string): Promise<void> {
  try {
    await ec2.deleteVolume({ VolumeId });
  } catch (error) {
    if (!hasCode(error, 'InvalidVolume.NotFound')) throw error;
  }
}
