import { CndError, type ErrorDetail, messageOf } from '../error.ts';
import { property } from './property.ts';

// Shared by fleet/ec2, broadcast/sqs and archive/s3: what an error of the AWS SDK means, whatever the service.

/** Why a call to AWS failed, as far as it is the same for all services. */
export type AwsFault = 'no-credentials' | 'expired' | 'bad-credentials' | 'denied' | 'clock' | 'no-region' | 'throttled' | 'unreachable' | 'unavailable'; // prettier-ignore

/** Error names by fault. Sources: "Common Errors" of EC2, SQS (query and JSON protocol) and S3's "Error responses". */
const names: Readonly<Record<string, AwsFault>> = {
  CredentialsProviderError: 'no-credentials',
  ExpiredToken: 'expired',
  ExpiredTokenException: 'expired',
  TokenRefreshRequired: 'expired',
  // EC2's word for a token that is over; and for a clock that is, which the SDK then corrects by itself.
  RequestExpired: 'expired',
  UnauthorizedException: 'expired',
  InvalidClientTokenId: 'bad-credentials',
  InvalidAccessKeyId: 'bad-credentials',
  InvalidToken: 'bad-credentials',
  UnrecognizedClientException: 'bad-credentials',
  SignatureDoesNotMatch: 'bad-credentials',
  InvalidSignatureException: 'bad-credentials',
  AuthFailure: 'bad-credentials',
  RequestTimeTooSkewed: 'clock',
  RequestInTheFuture: 'clock',
  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  UnauthorizedOperation: 'denied',
  OptInRequired: 'denied',
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  RequestThrottled: 'throttled',
  RequestLimitExceeded: 'throttled',
  TooManyRequestsException: 'throttled',
  SlowDown: 'throttled',
  InternalError: 'unavailable',
  InternalFailure: 'unavailable',
  ServiceUnavailable: 'unavailable',
  TimeoutError: 'unreachable',
  RequestTimeout: 'unreachable',
};

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const network = new Set([...neverSent, 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EPROTO']);

/** What kind of failure an error of the SDK is; undefined: something particular to the call. */
export function awsFault(error: unknown): AwsFault | undefined {
  if (!(error instanceof Error)) return undefined;
  if (/token.*expired|expired.*token|session.*expired|sso login/i.test(error.message)) return 'expired';
  // A signature is good for some minutes only: both come from a clock that is wrong, on either side.
  if (/signature (has )?expired|signature not yet current/i.test(error.message)) return 'clock';
  const named = names[error.name];
  if (named) return named;
  if (error.message === 'Region is missing') return 'no-region';
  if (network.has(networkCode(error) ?? '')) return 'unreachable';
  const status = statusOf(error);
  if (status === 403) return 'denied';
  return status !== undefined && status >= 500 ? 'unavailable' : undefined;
}

/** Whether a policy of the organization denies it, as many do for all regions but a few (IAM, "Troubleshoot access denied"). */
export function isOrganizationDenial(error: unknown): boolean {
  const words = /explicit deny in a service control policy|no service control policy allows/i;
  return awsFault(error) === 'denied' && words.test(messageOf(error));
}

/** Whether a request has certainly not reached AWS, so that nothing can have come of it. */
export function wasNeverSent(error: unknown): boolean {
  const fault = awsFault(error);
  if (fault === 'no-credentials' || fault === 'no-region') return true;
  // The SDK's words for its connectionTimeout; a request that timed out later has the same name.
  if (fault === 'unreachable' && /did not establish a connection/.test(messageOf(error))) return true;
  return neverSent.has(networkCode(error) ?? '');
}

/** The HTTP status of the answer, if there was one. */
export function statusOf(error: unknown): number | undefined {
  const metadata: unknown = property(error, '$metadata');
  const status = property(metadata, 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}

/** What a failed call is told as. */
export interface AwsCall {
  /** What could not be done, e.g. `the queue cnd-… cannot be created`. */
  readonly what: string;
  /** What it is about: a bucket, a queue, an instance. */
  readonly about: string;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** The rights that it takes, e.g. `sqs:CreateQueue`. */
  readonly rights: string;
  /** What to do when the failure is none of the common ones. */
  readonly hint?: string;
}

/** A failed call as the error that a user sees: what, where, why, and the remedy. */
export function awsError(error: unknown, call: AwsCall): CndError {
  const fault = awsFault(error);
  const where = call.region === undefined ? '' : ` in ${call.region}`;
  const detail: ErrorDetail = {
    about: call.about,
    hint: hint(fault, call) ?? call.hint ?? 'run it again with --verbose to see all that AWS said',
    cause: error,
  };
  return new CndError(`aws-${fault ?? 'failed'}`, `${call.what}${where}: ${why(fault, error)}`, detail);
}

function why(fault: AwsFault | undefined, error: unknown): string {
  switch (fault) {
    case 'no-credentials':
      return 'no AWS credentials were found';
    case 'expired':
      return 'the AWS credentials have expired';
    case 'bad-credentials':
      // The service's own message may quote the signed request, session token and all.
      return `AWS does not accept the credentials (${nameOf(error)})`;
    case 'clock':
      return "this machine's clock is wrong by more than AWS accepts";
    case 'no-region':
      return 'no AWS region is set';
    case 'unreachable':
      return `AWS cannot be reached (${networkCode(error) ?? nameOf(error)})`;
    case 'throttled':
      return `AWS answers too many requests (${nameOf(error)})`;
    case 'denied':
    case 'unavailable':
    case undefined:
      return words(error);
  }
}

function hint(fault: AwsFault | undefined, { rights, region, profile }: AwsCall): string | undefined {
  const name = profile ?? process.env['AWS_PROFILE'];
  const login = `aws sso login${name ? ` --profile ${name}` : ''}`;
  switch (fault) {
    case 'no-credentials':
      return `run aws configure or ${login}, or set AWS_PROFILE`;
    case 'expired':
      return process.env['AWS_SESSION_TOKEN']
        ? 'get new ones: those in AWS_SESSION_TOKEN are over'
        : `renew them with: ${login}`;
    case 'bad-credentials':
      return 'see who you are with: aws sts get-caller-identity';
    case 'clock':
      return 'set the clock, e.g. with: sudo timedatectl set-ntp true';
    case 'denied':
      return `the caller needs ${rights}`;
    case 'no-region':
      return 'set AWS_REGION, or a region in the profile';
    case 'unreachable':
      return `check the network${region === undefined ? '' : `, and that ${region} is a region`}`;
    case 'throttled':
    case 'unavailable':
      return 'try again in a minute';
    case undefined:
      return undefined;
  }
}

/** What the service said: some errors have no message of their own (HeadBucket has no body). */
function words(error: unknown): string {
  const message = messageOf(error);
  const name = nameOf(error);
  if (message === '' || message === 'UnknownError') return `${name} (HTTP ${statusOf(error) ?? '?'})`;
  return message.includes(name) ? message : `${name}: ${message}`;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'error';
}

function networkCode(error: unknown): string | undefined {
  const code = property(error, 'code');
  if (typeof code === 'string') return code;
  // `localhost` has two addresses: node tries both and reports one AggregateError.
  const inner: unknown = property(error, 'cause') ?? property(error, 'errors');
  const first: unknown = Array.isArray(inner) ? inner[0] : inner;
  return first === undefined ? undefined : networkCode(first);
}
