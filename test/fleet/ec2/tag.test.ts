import { paginateDescribeSecurityGroups } from '@aws-sdk/client-ec2';
import { SQS } from '@aws-sdk/client-sqs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allItems } from '../../../src/aws/page.ts';
import { createQueue, queueInput, sqsClient } from '../../../src/broadcast/sqs-queue.ts';
import { tagError } from '../../../src/fleet/ec2/own-tag.ts';
import { runInstancesInput } from '../../../src/fleet/ec2/launch/run-instances.ts';
import { runTags } from '../../../src/fleet/ec2/tag.ts';
import { eventually } from '../../helper/process.ts';
import { hasStage } from '../../helper/stage/available.ts';
import { clients } from '../../stage/stage.ts';
import { useLab } from './lab.ts';

const own = { team: 'research', 'cost center': '4711' };

test.each([
  ['cnd:run', 'x', /must not begin with cnd:/],
  ['CND:run', 'x', /must not begin with cnd:/],
  ['aws:x', 'x', /must not begin with aws:/],
  ['', 'x', /1 to 128/],
  ['k'.repeat(129), 'x', /1 to 128/],
  ['k', 'v'.repeat(257), /at most 256/],
  ['a|b', 'x', /letters, digits/],
])('the tag %s=%s is refused', (key, value, words) => expect(tagError(key, value)).toMatch(words));

test('what is allowed never hides what a run is found by', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (key, value) => {
      fc.pre(tagError(key, value) === undefined);
      const tags = runTags({ run: 'r', owner: 'o', expiresAt: new Date(0), own: { [key]: value } });
      expect(tags.filter(({ Key }) => Key === 'cnd:run')).toEqual([{ Key: 'cnd:run', Value: 'r' }]);
      expect(new Set(tags.map(({ Key }) => Key)).size).toBe(tags.length);
      expect(tags).toContainEqual({ Key: key, Value: value });
    }),
  );
});

describe.skipIf(!hasStage())('ec2.tags', () => {
  const on = useLab();

  test('are on everything that is created', async () => {
    await on.lab.launched(1, on.lab.fleet({ tags: own }));
    const wanted = Object.entries(own).map(([Key, Value]) => ({ Key, Value }));
    const asked = on.stage.calls('ec2', 'RunInstances').at(-1)?.parameters ?? {};
    const { ec2 } = clients(on.stage);
    // Of several pages, any may be empty.
    const pages = paginateDescribeSecurityGroups(
      { client: ec2 },
      { Filters: [{ Name: 'tag:team', Values: ['research'] }] },
    );
    expect(await allItems(pages, ({ SecurityGroups }) => SecurityGroups)).toHaveLength(1);
    for (const kind of ['instance', 'volume', 'network-interface']) {
      const at = Object.entries(asked)
        .find(([, value]) => value === kind)?.[0]
        .replace('ResourceType', '');
      const values = Object.entries(asked).filter(([name]) => name.startsWith(`${at}Tag.`));
      for (const { Key, Value } of wanted)
        expect(values.map(([, value]) => value)).toEqual(expect.arrayContaining([Key, Value]));
    }
    const request = on.lab.request();
    const client = sqsClient({ region: on.stage.region }, on.lab.env());
    const input = queueInput(request.run, { owner: 'o', expiresAt: request.expiresAt, tags: own });
    const QueueUrl = await createQueue(client, input);
    const sqs = new SQS({ region: on.stage.region, useQueueUrlAsEndpoint: false });
    const tags = await eventually('the tags', async () => {
      const { Tags } = await sqs.listQueueTags({ QueueUrl }).catch(() => ({ Tags: undefined }));
      return Tags?.['cnd:run'] !== undefined && Tags;
    });
    expect(tags).toMatchObject({ ...own, 'cnd:run': request.run });
    await sqs.deleteQueue({ QueueUrl });
    sqs.destroy();
    client.destroy();
  });
});

test('a spot request carries them as well', () => {
  const input = runInstancesInput({
    tags: { run: 'r', owner: 'o', expiresAt: new Date(0), own },
    image: { id: 'ami-1', rootDevice: '/dev/sda1', rootSize: 8, otherDevices: [] },
    type: 'c7a.medium',
    subnet: 'subnet-1',
    groups: ['sg-1'],
    count: 1,
    firstIndex: 0,
    attempt: 0,
    userData: '',
    connect: 'public',
    instanceProfile: undefined,
    spotPrice: null,
  });
  const spot = input.TagSpecifications?.find(({ ResourceType }) => ResourceType === 'spot-instances-request');
  expect(spot?.Tags).toContainEqual({ Key: 'team', Value: 'research' });
});
