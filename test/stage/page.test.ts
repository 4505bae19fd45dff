import { paginateDescribeInstanceTypes, paginateDescribeSubnets } from '@aws-sdk/client-ec2';
import { paginateGetProducts } from '@aws-sdk/client-pricing';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { paginateListQueues } from '@aws-sdk/client-sqs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allItems } from '../../src/aws/page.ts';
import { pageSizes } from '../helper/stage/aws/page.ts';
import { hasStage } from '../helper/stage/available.ts';
import { Seed } from '../helper/stage/seed.ts';
import { useStage } from '../helper/stage/use.ts';
import { clients } from './stage.ts';

/** Everything that comes in pages at AWS does so on the stage. */
describe.runIf(hasStage())('lists on the stage', () => {
  const on = useStage({ boots: false, consistency: 0 });

  test('have pages in the protocols of all services, and a reader of all of them misses nothing', async () => {
    on.stage.pager.plan = (items) => [0, ...Array.from({ length: items }, () => 1), 0];
    const { ec2, sqs, s3, pricing } = clients(on.stage);
    const types = { Filters: [{ Name: 'instance-type', Values: ['c7a.medium', 'c7a.large', 't3.micro'] }] };
    const first = await ec2.describeInstanceTypes(types);
    expect([first.InstanceTypes, typeof first.NextToken]).toEqual([[], 'string']);
    const all = await allItems(
      paginateDescribeInstanceTypes({ client: ec2 }, types),
      (page) => page.InstanceTypes,
    );
    expect(all.map(({ InstanceType = '' }) => InstanceType).toSorted()).toEqual([
      'c7a.large',
      'c7a.medium',
      't3.micro',
    ]);
    const zones = await allItems(
      paginateDescribeSubnets({ client: ec2, pageSize: 5 }, {}),
      (page) => page.Subnets,
    );
    expect(new Set(zones.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(6);

    for (const QueueName of ['a', 'b', 'c']) await sqs.createQueue({ QueueName });
    expect((await sqs.listQueues({})).QueueUrls).toHaveLength(3);
    const urls = await allItems(
      paginateListQueues({ client: sqs, pageSize: 10 }, {}),
      (page) => page.QueueUrls,
    );
    expect(urls.map((url) => url.slice(-1)).toSorted()).toEqual(['a', 'b', 'c']);

    await on.stage.createBucket('logs');
    for (const Key of ['a', 'b/1', 'b/2', 'c']) await s3.putObject({ Bucket: 'logs', Key, Body: Key });
    // Made anew each time: the SDK's paginator leaves the last token in what it is given.
    const input = () => ({ Bucket: 'logs', Delimiter: '/' });
    expect(await s3.listObjectsV2(input())).toMatchObject({ IsTruncated: true, NextContinuationToken: expect.any(String) as string }); // prettier-ignore
    const pages = () => paginateListObjectsV2({ client: s3 }, input());
    expect((await allItems(pages(), ({ Contents }) => Contents)).map(({ Key }) => Key)).toEqual(['a', 'c']);
    expect((await allItems(pages(), (page) => page.CommonPrefixes)).map(({ Prefix }) => Prefix)).toEqual([
      'b/',
    ]);

    const query = { ServiceCode: 'AmazonEC2', Filters: [{ Type: 'TERM_MATCH' as const, Field: 'instanceType', Value: 'c7a.medium' }] }; // prettier-ignore
    expect((await pricing.getProducts(query)).PriceList).toEqual([]);
    expect(await allItems(paginateGetProducts({ client: pricing }, query), (page) => page.PriceList)).toHaveLength(12); // prettier-ignore
    // What tests count is questions, not pages.
    expect(on.stage.calls('pricing')).toHaveLength(2);
  });

  test('are cut, whichever cnd asks for: the first page is empty, and has a token', async () => {
    const { ec2, sqs, s3, pricing, scheduler } = clients(on.stage);
    await on.stage.createBucket('logs');
    await s3.putObject({ Bucket: 'logs', Key: 'a', Body: 'a' });
    await sqs.createQueue({ QueueName: 'a' });
    await ec2.createVolume({ AvailabilityZone: 'us-east-1a', Size: 8 });
    await scheduler.createScheduleGroup({ Name: 'a' });
    on.stage.pager.plan = (items) => [0, items];
    const pages: Readonly<Record<string, object>> = {
      Reservations: await ec2.describeInstances({}),
      InstanceTypes: await ec2.describeInstanceTypes({}),
      Images: await ec2.describeImages({}),
      Subnets: await ec2.describeSubnets({}),
      SecurityGroups: await ec2.describeSecurityGroups({}),
      Volumes: await ec2.describeVolumes({}),
      SpotPriceHistory: await ec2.describeSpotPriceHistory({}),
      QueueUrls: await sqs.listQueues({ MaxResults: 10 }),
      PriceList: await pricing.getProducts({ ServiceCode: 'AmazonEC2' }),
      ScheduleGroups: await scheduler.listScheduleGroups({}),
      Schedules: await scheduler.listSchedules({}),
    };
    for (const [name, page] of Object.entries(pages)) {
      const { [name]: items = [], NextToken } = page as Readonly<Record<string, unknown>>;
      expect({ name, items, NextToken }).toEqual({
        name,
        items: [],
        NextToken: expect.any(String) as string,
      });
    }
    const objects = await s3.listObjectsV2({ Bucket: 'logs' });
    expect(objects).toMatchObject({ IsTruncated: true, NextContinuationToken: expect.any(String) as string });
    expect(objects.Contents).toBeUndefined();
  });

  test('every cut has all items, no more on a page than was asked for, and few pages', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        fc.nat(300),
        fc.option(fc.integer({ min: 1, max: 100 })),
        (seed, number, items, limit) => {
          const sizes = pageSizes(new Seed(seed), number, items, limit ?? undefined);
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(items);
          expect(sizes.length).toBeGreaterThan(0);
          expect(Math.max(...sizes)).toBeLessThanOrEqual(limit ?? Infinity);
          if (limit === null) expect(sizes.length).toBeLessThanOrEqual(4);
          expect(pageSizes(new Seed(seed), number, items, limit ?? undefined)).toEqual(sizes);
        },
      ),
    );
  });
});
