import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, the longest first; `npm test` names them at its end. One that began late would be alone with its
 * worker when all others are done. (Vitest itself knows the times only of a run before, which a fresh clone has not had.)
 */
const longest = [
  'test/e2e/ec2-interrupt.test.ts',
  'test/e2e/ec2-fault.test.ts',
  'test/e2e/fault.test.ts',
  'test/e2e/hosts.test.ts',
  'test/e2e/ec2-scram.test.ts',
  'test/contract/broadcast.test.ts',
  'test/e2e/confirmation.test.ts',
  'test/e2e/resume.test.ts',
  'test/e2e/resume-ended.test.ts',
  'test/e2e/ec2.test.ts',
  'test/e2e/time-limit.test.ts',
  'test/contract/fleet-ec2.test.ts',
];

/** Begins the files that take longest first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
      return at === -1 ? longest.length : at;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- it is no array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
