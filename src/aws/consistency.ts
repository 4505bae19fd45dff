import { retry } from '../retry.ts';
import { runStart } from '../run-id.ts';

// AWS is eventually consistent: what was created a moment ago is not known everywhere yet (EC2 API Reference, "Ensuring
// idempotency" and "Eventual consistency"; API_CreateQueue: "wait at least one second"). Every call of a run that names
// something new is in this table; test/e2e/ec2-consistency.test.ts compares it with the calls that a run makes.

/** What a call answers while it does not know of something new yet, and for how many seconds that is believed. */
interface NotYetKnown {
  readonly codes: readonly string[];
  /** Of codes that AWS uses for much else: only with these words. */
  readonly words?: Readonly<Record<string, RegExp>>;
  readonly seconds: number;
}

/** EC2 API Reference, "Error codes": both are said of a group that was created a moment ago. */
const group = ['InvalidGroup.NotFound', 'InvalidSecurityGroupID.NotFound'];

/** SQS API Reference, "Common errors", in its JSON and its query protocol. */
const queue = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'];

/** What IAM has just made is not known everywhere (IAM User Guide, "Changes that I make are not always immediately visible"). */
const instanceProfile = { InvalidParameterValue: /Invalid IAM Instance Profile/i };
const executionRole = { ValidationException: /execution role .* must allow .* to assume the role/i };

/** EventBridge Scheduler API Reference, CreateSchedule and DeleteScheduleGroup. */
const schedules = 'ResourceNotFoundException';

/** The calls that name something which may have been created a moment ago. */
export const eventual = {
  'ec2:AuthorizeSecurityGroupIngress': { codes: group, seconds: 15 },
  // The launch repeats it with its ClientToken, for about as long.
  'ec2:RunInstances': {
    codes: [...group, ...Object.keys(instanceProfile)],
    words: instanceProfile,
    seconds: 15,
  },
  // Of one that is no longer new it means that it is gone.
  'ec2:DeleteSecurityGroup': { codes: group, seconds: 10 },
  'ec2:TerminateInstances': { codes: ['InvalidInstanceID.NotFound'], seconds: 60 },
  // The group, which the run has just made; and the role, which may be new.
  'scheduler:CreateSchedule': {
    codes: [schedules, ...Object.keys(executionRole)],
    words: executionRole,
    seconds: 15,
  },
  'scheduler:ListTagsForResource': { codes: [schedules], seconds: 6 },
  'scheduler:DeleteScheduleGroup': { codes: [schedules], seconds: 6 },
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
  const { codes, words }: NotYetKnown = eventual[call];
  if (!(error instanceof Error) || !codes.includes(error.name)) return false;
  return words?.[error.name]?.test(error.message) ?? true;
}

/** Milliseconds from the start of a run in which what it makes first, a queue or a group, may be new. */
const newFor = 60_000;

/** Whether what a run has made may be too new to be known: of what is not, "it does not exist" means that it is gone. */
export function mayBeNew(run: string, now = Date.now()): boolean {
  return now - (runStart(run)?.getTime() ?? 0) < newFor;
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
