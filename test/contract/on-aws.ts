import { afterAll, beforeAll, describe } from 'vitest';
import { TestAws, awsMissing } from '../helper/aws.ts';
import { hasMiniStack } from '../helper/stage/aws/ministack.ts';

/** A suite on each of the servers that stand in for SQS and S3; `aws` gives the one that runs, within a test. */
export function describeOnAws(suite: (aws: () => TestAws) => void): void {
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
      suite(() => aws);
    });
  }
}
