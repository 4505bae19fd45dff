import { describe, expect, test } from 'vitest';
import { isLiving } from '../../../../src/instance.ts';
import { deleteVolumes, findVolumes } from '../../../../src/fleet/ec2/terminate/volume.ts';
import { runTags } from '../../../../src/fleet/ec2/tag.ts';
import { newRunId } from '../../../../src/run-id.ts';
import { eventually } from '../../../helper/process.ts';
import { hasStage } from '../../../helper/stage/available.ts';
import { imagesOf } from '../../../helper/stage/ec2/image.ts';
import { clients } from '../../../stage/stage.ts';
import { useLab } from '../lab.ts';

describe.skipIf(!hasStage())('volumes', () => {
  const on = useLab();

  /** A volume of a run that is attached to nothing. */
  async function orphan(owner = '123456789012:user/alice'): Promise<string> {
    const run = newRunId();
    await clients(on.stage).ec2.createVolume({
      AvailabilityZone: `${on.stage.region}a`,
      Size: 8,
      TagSpecifications: [{ ResourceType: 'volume', Tags: runTags({ run, owner, expiresAt: new Date() }) }],
    });
    return run;
  }

  test('none outlives its instance, also where the image keeps its second one', async () => {
    const image = imagesOf(on.stage.region).find(({ name }) => name === 'ubuntu-with-data-amd64');
    const fleet = on.lab.fleet({ image: image?.id ?? '' });
    const run = await on.lab.launched(2, fleet);
    const { ec2 } = clients(on.stage);
    const of = await findVolumes(ec2, run);
    const devices = of.map(({ Attachments: [one] = [] }) => one?.Device ?? '').toSorted();
    expect(devices).toEqual(['/dev/sda1', '/dev/sda1', '/dev/sdf', '/dev/sdf']);
    await eventually('all over', async () => (await fleet.terminate(run)).every((one) => !isLiving(one)));
    expect(await findVolumes(ec2, run)).toEqual([]);
    await fleet.dispose(run);
  });

  test('one that is left is found by its tag and deleted with its run', async () => {
    const run = await orphan();
    const fleet = on.lab.fleet();
    expect(await fleet.find()).toMatchObject([
      {
        run,
        instances: [],
        orphans: [expect.stringMatching(/^volume vol-\w+ \(8 GiB\)$/)],
        owner: { self: true },
      },
    ]);
    await fleet.dispose(run);
    expect(await fleet.find()).toEqual([]);
    expect(await on.stage.orphans()).toEqual([]);
  });

  test("a run's volumes are deleted and no other's", async () => {
    const [run, other] = [await orphan(), await orphan()];
    const { ec2 } = clients(on.stage);
    await deleteVolumes(ec2, run);
    expect(await findVolumes(ec2, run)).toEqual([]);
    expect(await findVolumes(ec2, other)).toHaveLength(1);
  });

  test('volumes that may not be described hide no instance, and their removal says what it takes', async () => {
    const run = await on.lab.launched(1);
    on.stage.faults.add({ action: 'DescribeVolumes', error: 'Denied' });
    const unseen: string[] = [];
    const report = { unseen: (what: string) => void unseen.push(what), skipped: () => {} };
    const fleet = on.lab.fleet();
    expect(await fleet.find(report)).toMatchObject([{ run, instances: [{ index: 0 }] }]);
    expect(unseen).toEqual(['volumes']);
    await fleet.terminate(run);
    await expect(fleet.dispose(run)).rejects.toMatchObject({
      code: 'aws-denied',
      hint: expect.stringContaining('ec2:DescribeVolumes, ec2:DeleteVolume') as string,
    });
  });
});
