import { retry } from '../retry.ts';

// AWS is eventually consistent: what was created a moment ago is not known everywhere yet (EC2 API Reference, "Ensuring
// idempotency" and "Eventual consistency"; API_CreateQueue: "wait at least one second"). Every call of a run that names
// something new is in this table; test/e2e/ec2-consistency.test.ts compares it with the calls that a run makes.

/** What a call answers while it does not know of something new yet, and for how many seconds that is believed. */
interface NotYetKnown {
  readonly codes: readonly string[];
  readonly seconds: number;
}

/** EC2 API Reference, "Error codes": both are said of a group that was created a moment ago. */
const group = ['InvalidGroup.NotFound', 'InvalidSecurityGroupID.NotFound'];

/** SQS API Reference, "Common errors", in its JSON and its query protocol. */
const queue = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'];

/** The calls that name something which may have been created a moment ago. */
export const eventual = {
  'ec2:AuthorizeSecurityGroupIngress': { codes: group, seconds: 15 },
  'ec2:RunInstances': { codes: group, seconds: 15 },
  // Of one that is no longer new it means that it is gone.
  'ec2:DeleteSecurityGroup': { codes: group, seconds: 10 },
  'ec2:TerminateInstances': { codes: ['InvalidInstanceID.NotFound'], seconds: 60 },
  'sqs:GetQueueUrl': { codes: queue, seconds: 6 },
  'sqs:ListQueueTags': { codes: queue, seconds: 6 },
  'sqs:SendMessage': { codes: queue, seconds: 6 },
  'sqs:ReceiveMessage': { codes: queue, seconds: 6 },
  'sqs:DeleteQueue': { codes: queue, seconds: 6 },
  // Objects are known at once; a bucket that `cnd init` has just made may not be (S3 User Guide, "Data consistency model").
  's3:HeadBucket': { codes: ['NotFound', 'NoSuchBucket'], seconds: 3 },
  's3:PutObject': { codes: ['NoSuchBucket'], seconds: 3 },
} as const satisfies Readonly<Record<string, NotYetKnown>>;

/** A call of the table. */
export type EventualCall = keyof typeof eventual;

/** Whether an error says no more than that something which this call names is not known yet, if it is new. */
export function isNotYetKnown(call: EventualCall, error: unknown): boolean {
  const { codes }: NotYetKnown = eventual[call];
  return error instanceof Error && codes.includes(error.name);
}

/** Makes a call that names something new, again and again while AWS does not know of it; in the end that is the error. */
export async function untilKnown<T>(
  call: EventualCall,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const timeout = eventual[call].seconds * 1000;
  return retry(work, { signal, timeout, isRetryable: (error) => isNotYetKnown(call, error) });
}
