import type { Ec2Options } from './ec2/ec2.ts';

/** What a test may want otherwise; times in milliseconds but where the name says seconds. */
export interface StageOptions extends Partial<Ec2Options> {
  /** Where cnd runs, unless it says otherwise. */
  readonly region?: string;
  /** Seconds from an instance's launch to its sshd. */
  readonly bootSeconds?: number;
  /** Milliseconds after which every change is seen; 5000, unless a suite's own times are shorter than a run's, too. */
  readonly stalest?: number;
  /** Milliseconds that every change takes to be seen, for tests of the stage itself; else it is what chance gives. */
  readonly consistency?: number;
  /** False: no machine behind the instances. */
  readonly boots?: boolean;
  /** A directory that every machine has as /run/shared, and that everybody there may write; with it kernels are those of `CND_KERNEL=/run/shared/kernel`. */
  readonly sharedDirectory?: string;
  /** True: MiniStack serves SQS and S3, and moto the rest. */
  readonly ministack?: boolean;
  /** False: every list is one page, for suites that look at the stage itself. */
  readonly pages?: boolean;
}

/** What the stage's EC2 is like, unless a test wants it otherwise. */
export const ec2Defaults: Ec2Options = {
  regions: ['us-east-1', 'us-west-2', 'eu-west-1'],
  dualStack: ['us-west-2'],
  pending: 400,
  shuttingDown: 300,
  remembered: 3_600_000,
  vcpus: 256,
  profiles: ['cnd-agent'],
};
