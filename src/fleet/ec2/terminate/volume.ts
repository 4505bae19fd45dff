import type { EC2, Volume } from '@aws-sdk/client-ec2';
import { hasCode } from '../../../aws/code.ts';
import { pause } from '../../../wait.ts';
import type { Orphan } from '../../orphan.ts';
import { expiryTag, runFilter, tagKeys, tagValue } from '../tag.ts';

/** Milliseconds between two looks at volumes that are still attached: instances take about 30 s to terminate. */
const interval = 2000;

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
 * @param timeout Seconds.
 */
export async function deleteVolumes(ec2: EC2, run: string, timeout: number): Promise<void> {
  const giveUp = performance.now() + timeout * 1000;
  for (;;) {
    const volumes = await findVolumes(ec2, run);
    for (const { VolumeId = '' } of volumes.filter(isOrphan)) await deleteVolume(ec2, VolumeId);
    if (!volumes.some(isAwaited) || performance.now() + interval > giveUp) return;
    await pause(interval);
  }
}

async function deleteVolume(ec2: EC2, VolumeId: string): Promise<void> {
  try {
    await ec2.deleteVolume({ VolumeId });
  } catch (error) {
    if (!hasCode(error, 'InvalidVolume.NotFound')) throw error;
  }
}
