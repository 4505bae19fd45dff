import { afterAll, beforeAll, describe } from 'vitest';
import { InProcessBroadcast } from '../../src/broadcast/in-process.ts';
import { SqsBroadcast } from '../../src/broadcast/sqs.ts';
import { TestAws, awsMissing } from '../helper/aws.ts';
import { hasMiniStack } from '../helper/stage/aws/ministack.ts';
import { describeBroadcast } from './broadcast.ts';

describeBroadcast('in-process', async () => () => new InProcessBroadcast());

for (const [by, isMissing] of [
  ['moto', awsMissing],
  ['ministack', awsMissing || !hasMiniStack()],
] as const) {
  describe.skipIf(isMissing)(`on ${by}`, () => {
    let aws: TestAws;
    beforeAll(async () => {
      aws = await TestAws.start(by);
    }, 60_000);
    afterAll(() => aws?.stop());

    describeBroadcast('sqs', async () => {
      await aws.reset();
      const { settings, env } = aws;
      const expiresAt = new Date(Date.now() + 60_000);
      return () => new SqsBroadcast({ settings, env, owner: 'nobody', expiresAt });
    });
  });
}
