import type { Rule } from './strict.ts';
import type { Violation } from './violation.ts';

/** What of SQS is a number within bounds (API_CreateQueue, API_ReceiveMessage, API_ListQueues), by its name anywhere. */
const queueNumbers: Readonly<Record<string, readonly [number, number]>> = {
  DelaySeconds: [0, 900],
  MaxNumberOfMessages: [1, 10],
  MaximumMessageSize: [1024, 1_048_576],
  MaxResults: [1, 1000],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  VisibilityTimeout: [0, 43_200],
  WaitTimeSeconds: [0, 20],
};

/** What SQS demands beyond its model. */
export const sqsRules: Rule = (_, input) => {
  const { QueueName = '', MessageBody = '' } = input as Readonly<Record<string, string>>;
  const attributes =
    input['Attributes'] instanceof Map ? [...(input['Attributes'] as Map<string, unknown>)] : [];
  const tags = input['tags'] instanceof Map ? [...(input['tags'] as Map<string, string>)] : [];
  const numbers = [...Object.entries(input), ...attributes].flatMap(([name, value]) => {
    const [least, most] = queueNumbers[name] ?? [];
    if (least === undefined || most === undefined) return [];
    const isWithin = Number(value) >= least && Number(value) <= most;
    return isWithin
      ? []
      : [broken('range', name, `Value ${String(value)} for parameter ${name} is invalid.`)];
  });
  // "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
  const isNamed = /^[A-Za-z0-9_-]{0,80}$/.test(QueueName.replace(/\.fifo$/, ''));
  const size = Buffer.byteLength(MessageBody);
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html
  const oddTag = tags.find(([key, value]) => !/^(?!aws:).{1,128}$/i.test(key) || value.length > 256);
  return [
    ...numbers,
    ...(isNamed ? [] : [broken('pattern', 'QueueName', `The queue name ${QueueName} is invalid`)]),
    ...(size > 1_048_576 ? [broken('length', 'MessageBody', `${size} bytes are too long a message`)] : []),
    ...(tags.length > 50 ? [broken('tag', 'tags', 'More than 50 tags')] : []),
    ...(oddTag ? [broken('tag', 'tags', `The tag ${oddTag[0]} is invalid`)] : []),
  ];
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucketName = /^(?!xn--|sthree-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** What S3 demands beyond its model. */
export const s3Rules: Rule = ({ action }, input, { headers }) => {
  const { Bucket = '', Key = '' } = input as Readonly<Record<string, string>>;
  const size = Buffer.byteLength(Key);
  const { Objects = [] } = (input['Delete'] ?? {}) as { Objects?: readonly unknown[] };
  const isChecked = Object.keys(headers).some(
    (name) => name === 'content-md5' || name.startsWith('x-amz-checksum-'),
  );
  const names = bucketName.test(Bucket) || action === 'ListBuckets';
  return [
    ...(names ? [] : [broken('pattern', 'Bucket', `The bucket ${Bucket} is not valid`, 'InvalidBucketName')]),
    ...(size > 1024 ? [broken('length', 'Key', 'Your key is too long', 'KeyTooLongError')] : []),
    ...(Objects.length > 1000 ? [broken('length', 'Delete', 'More than 1000 objects', 'MalformedXML')] : []),
    // API_DeleteObjects: "The Content-MD5 request header is required", or another checksum.
    ...(action === 'DeleteObjects' && !isChecked
      ? [broken('required', 'Content-MD5', 'Missing required header for this request: Content-MD5')]
      : []),
  ];
};

function broken(kind: Violation['kind'], member: string, message: string, code?: string): Violation {
  return { kind, member, message, ...(code !== undefined && { code }) };
}
