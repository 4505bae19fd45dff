import { encodedMessage, keepCause, CndError, type ErrorDetail, messageOf } from '../error.ts';
import { redact } from '../redact.ts';
import { type AwsErrorKind, filled, meaningOf } from './code.ts';
import { httpsProxy } from './company-network.ts';
import { CredentialFailure } from './credential/failure.ts';
import { profileFromEnvironment } from './credential/source.ts';
import { denialRemedy, readDenial } from './denial.ts';
import { property } from './property.ts';

// Shared by fleet/ec2, broadcast/sqs and archive/s3: what an error of the AWS SDK means, whatever the service.

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** A certificate that cannot be trusted (OpenSSL's verify(1), and Node's own). */
const certificate = /^(UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF|CERT_|ERR_TLS_CERT)/;
const network = new Set([...neverSent, 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EPROTO']);

/** What kind of failure an error of the SDK is; undefined: something particular to the call. */
export function awsErrorKind(error: unknown): AwsErrorKind | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof CredentialFailure) return error.errorKind;
  if (/token.*expired|expired.*token|session.*expired|sso login/i.test(error.message)) return 'expired';
  // A signature is good for some minutes only: both come from a clock that is wrong, on either side.
  if (/signature (has )?expired|signature not yet current/i.test(error.message)) return 'clock';
  const named = meaningOf(error)?.errorKind;
  if (named) return named;
  if (certificate.test(networkCode(error) ?? '')) return 'untrusted';
  if (error.message === 'Region is missing') return 'no-region';
  if (network.has(networkCode(error) ?? '')) return 'unreachable';
  const status = statusOf(error);
  if (status === 403) return 'denied';
  return status !== undefined && status >= 500 ? 'unavailable' : undefined;
}

/** Whether a policy of the organization denies it, as many do for all regions but a few. */
export function isOrganizationDenial(error: unknown): boolean {
  return awsErrorKind(error) === 'denied' && readDenial(error).policy === 'service control policy';
}

/** Errors that end a request before it is sent. */
const unsent: ReadonlySet<AwsErrorKind | undefined> = new Set([
  'no-credentials',
  'no-profile',
  'no-region',
  'untrusted',
  'proxy',
]);

/** Whether a request has certainly not reached AWS, so that nothing can have come of it. */
export function wasNeverSent(error: unknown): boolean {
  const errorKind = awsErrorKind(error);
  if (error instanceof CredentialFailure || unsent.has(errorKind)) return true;
  // The SDK's words for its connectionTimeout; a request that timed out later has the same name.
  if (errorKind === 'unreachable' && /did not establish a connection/.test(messageOf(error))) return true;
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
  readonly permissions: string;
  /** What to do when the failure is none of the common ones. */
  readonly hint?: string;
}

/**
 * A failed call as the error that a user sees: what, where, why, and the remedy. Its cause is kept for `--verbose`.
 */
export function awsError(error: unknown, call: AwsCall): CndError {
  const errorKind = awsErrorKind(error);
  const where = call.region === undefined ? '' : ` in ${call.region}`;
  const detail: ErrorDetail = {
    about: call.about,
    hint:
      hint(errorKind, error, call) ??
      call.hint ??
      'run it again with --verbose to see the full answer of AWS',
    cause: error,
  };
  const told = new CndError(
    `aws-${errorKind ?? 'failed'}`,
    `${call.what}${where}: ${why(errorKind, error)}`,
    detail,
  );
  return keepCause(told);
}

function why(errorKind: AwsErrorKind | undefined, error: unknown): string {
  if (error instanceof CredentialFailure) return error.message;
  switch (errorKind) {
    case 'no-credentials':
    case 'no-profile':
      return 'no AWS credentials were found';
    case 'expired':
      return 'the AWS credentials have expired';
    case 'bad-credentials':
      // The service's own message may quote the signed request, session token and all.
      return `AWS rejected the credentials (${nameOf(error)})`;
    case 'clock':
      return "this machine's clock is skewed by more than AWS accepts";
    case 'no-region':
      return 'no AWS region is set';
    case 'region-disabled':
      return messageOf(error);
    case 'untrusted':
      return `the TLS certificate presented for AWS is not trusted (${networkCode(error) ?? nameOf(error)})`;
    case 'unreachable':
      return `AWS cannot be reached (${networkCode(error) ?? nameOf(error)})`;
    case 'throttled':
      return `AWS is throttling requests (${nameOf(error)})`;
    case 'proxy':
      return messageOf(error);
    case 'denied':
    case 'unavailable':
    case undefined:
      return legible(error);
  }
}

function hint(errorKind: AwsErrorKind | undefined, error: unknown, call: AwsCall): string | undefined {
  if (error instanceof CredentialFailure) return error.remedy;
  const { permissions, region, profile } = call;
  const own = meaningOf(error)?.remedy;
  if (own !== undefined) return filled(own, { region });
  const name = profile ?? profileFromEnvironment(process.env);
  const login = `aws sso login${name ? ` --profile ${name}` : ''}`;
  switch (errorKind) {
    case 'no-credentials':
    case 'no-profile':
      return `log in with aws login or ${login}, run aws configure, or set AWS_PROFILE`;
    case 'expired':
      return process.env['AWS_SESSION_TOKEN']
        ? 'AWS_SESSION_TOKEN has expired: get new temporary credentials'
        : `renew them with: ${login}`;
    case 'bad-credentials':
      return 'check your identity with: aws sts get-caller-identity';
    case 'clock':
      return 'set the clock, e.g. with: sudo timedatectl set-ntp true';
    case 'denied':
      return denialRemedy(readDenial(error), permissions) + encodedHint(error);
    case 'no-region':
      return 'set AWS_REGION, or a region in the profile';
    case 'region-disabled':
      return `enable it with: aws account enable-region --region-name ${region ?? '…'} (it takes some minutes), or take another --region`;
    case 'untrusted':
      return "if your company inspects TLS connections, set AWS_CA_BUNDLE to the path of its certificate authority's certificates";
    case 'proxy':
      return 'allow connections to amazonaws.com in the proxy, correct HTTPS_PROXY, or exempt hosts with NO_PROXY';
    case 'unreachable':
      return `check the network${proxyText()}${region === undefined ? '' : `, and that ${region} is a region`}`;
    case 'throttled':
    case 'unavailable':
      return 'try again in a minute';
    case undefined:
      return undefined;
  }
}

function proxyText(): string {
  const proxy = httpsProxy(process.env);
  return proxy ? `, the proxy ${proxy.host} (HTTPS_PROXY)` : '';
}

function encodedHint(error: unknown): string {
  return encodedMessage(messageOf(error)) === undefined
    ? ''
    : '; AWS has encoded the reason: --verbose prints it with the command that decodes it';
}

/** What a service said, for people: without secrets, and without EC2's encoded explanation, which fills a screen. */
export function legible(error: unknown): string {
  return words(error).replace(/\s*Encoded authorization failure message:.*/s, '');
}

/** Some errors have no message of their own (HeadBucket has no body). */
function words(error: unknown): string {
  const message = redact(messageOf(error));
  const name = nameOf(error);
  if (message === '' || message === 'UnknownError') return `${name} (HTTP ${statusOf(error) ?? '?'})`;
  // `Error` is no code of AWS.
  return name === 'Error' || message.includes(name) ? message : `${name}: ${message}`;
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
