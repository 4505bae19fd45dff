import { afterAll, beforeAll, describe } from 'vitest';
import { MemoryBroadcast } from '../../src/broadcast/memory.ts';
import { SqsBroadcast } from '../../src/broadcast/sqs.ts';
import { TestAws, awsMissing } from '../helper/aws.ts';
import { describeBroadcast } from './broadcast.ts';

describeBroadcast('memory', async () => new MemoryBroadcast());

describe.skipIf(awsMissing)('on moto', () => {
  let aws: TestAws;
  beforeAll(async () => {
    aws = await TestAws.start();
  });
  afterAll(() => aws?.stop());

  describeBroadcast('sqs', async () => {
    await aws.reset();
    const { settings, env } = aws;
    return new SqsBroadcast({ settings, env, owner: 'nobody', expiresAt: new Date(Date.now() + 60_000) });
  });
});
