import { describe, expect, test } from 'vitest';
import { findImage, findTypes } from '../../../../src/fleet/ec2/launch/instance-type.ts';
import { findNetwork } from '../../../../src/fleet/ec2/launch/network.ts';
import { findGroups } from '../../../../src/fleet/ec2/launch/group.ts';
import { onDemandPrice, spotPrice } from '../../../../src/fleet/ec2/price/price-lookup.ts';
import { hasStage } from '../../../helper/stage/available.ts';
import { useLab } from '../lab.ts';

const never = new AbortController().signal;

describe.skipIf(!hasStage())('answers of EC2 in pages, the first of them empty', () => {
  const on = useLab();

  test('types, images, subnets, prices and groups are all found', async () => {
    on.stage.pager.plan = (items) => [0, ...Array.from({ length: items }, () => 1), 0];
    const api = on.lab.api();
    const ec2 = await api.ec2();
    const [where, names] = [on.stage.region, ['c7a.large', 'c7a.medium']];
    const types = await findTypes(ec2, names, where, never);
    expect(types.map(({ name }) => name)).toEqual(names);
    const image = await findImage(ec2, 'ubuntu-24.04', 'x86_64', where, never);
    expect(image.name).toContain('noble-24.04-amd64-server-20261112');
    const { subnets } = await findNetwork(ec2, { subnets: [], connect: 'public' }, where, never);
    expect(subnets).toHaveLength(6);
    // The dearest zone is not the first.
    expect(await spotPrice(ec2, 'c7a.medium', [], never)).toBe(0.02566);
    const [, medium] = types;
    if (!medium) throw new Error('no type');
    expect(await onDemandPrice(api, medium, where, on.lab.env(), never)).toMatchObject({ hourly: 0.05132, source: expect.stringMatching(/^AWS Price List/) as string }); // prettier-ignore
    const runs = [await on.lab.launched(1), await on.lab.launched(1)];
    const groups = await findGroups(ec2);
    expect(groups.map(({ GroupName = '' }) => GroupName).toSorted()).toEqual(
      runs.map((run) => `cnd-${run}`).toSorted(),
    );
    const found = await on.lab.fleet().find();
    expect(found.map(({ run }) => run).toSorted()).toEqual(runs.toSorted());
  });
});
