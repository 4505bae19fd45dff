import { S3Client } from '@aws-sdk/client-s3';
import { type AwsSettings, awsClientConfig, customEndpoint } from '../../aws/client.ts';
import { awsError, statusOf } from '../../aws/failure.ts';
import { CndError, messageOf } from '../../error.ts';

/** A bucket, and how to get at it. The region of the settings is where it is looked for first. */
export interface BucketAccess {
  readonly bucket: string;
  readonly settings: AwsSettings;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds after which a connection on which nothing moves is given up. */
  readonly idle?: number;
}

const defaultIdle = 60_000;

/** A client for S3 in one region. */
export function s3Client({ settings, env, idle = defaultIdle }: Omit<BucketAccess, 'bucket'>): S3Client {
  const config = awsClientConfig('S3', settings, env);
  const { httpsAgent, connectionTimeout } = config.requestHandler;
  return new S3Client({
    ...config,
    // No `requestTimeout`: it counts until the answer begins, the whole upload of a large syslog on a slow uplink.
    requestHandler: { connectionTimeout, socketTimeout: idle, ...(httpsAgent && { httpsAgent }) },
    // S3 refuses chunks of less than 8 KiB, which a stream may come in.
    requestStreamBufferSize: 64 * 1024,
    // Services that are only compatible with S3 seldom have a host name for each bucket.
    forcePathStyle: customEndpoint('S3', settings, env) !== undefined,
  });
}

/** What an error of S3 means to a user who named this bucket; `client` is the one that was asked with. */
export async function s3Error(
  failure: unknown,
  client: S3Client | undefined,
  { bucket, settings }: BucketAccess,
  { what, permissions }: { readonly what: string; readonly permissions: string },
): Promise<CndError> {
  const region = client && (await clientRegion(client));
  const common = { about: 'logs.bucket', region, profile: settings.profile, permissions };
  if (isMissingBucket(failure)) {
    const gone = new Error(`there is no bucket ${bucket}`, { cause: failure });
    const remedy = `create it with: cnd init --bucket ${bucket}; or set another one in logs.bucket`;
    return awsError(gone, { ...common, what, hint: remedy });
  }
  // Only streams have a trailer: a server that does not know them answers 501, or does not find the digest it expects.
  const isOfTrailer = statusOf(failure) === 501 || nameOf(failure) === 'XAmzContentSHA256Mismatch';
  if (isOfTrailer) {
    const hint =
      'the server does not support trailing checksums: set AWS_REQUEST_CHECKSUM_CALCULATION=when_required';
    return new CndError('s3-no-trailer', `${what}: ${messageOf(failure)}`, {
      about: common.about,
      hint,
      cause: failure,
    });
  }
  return awsError(failure, { ...common, what });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** The region that a client asks in; undefined when none is set anywhere: that is what the error will say. */
export async function clientRegion(client: S3Client): Promise<string | undefined> {
  try {
    return await client.config.region();
  } catch {
    return undefined;
  }
}

/** HeadBucket has no body, so that its 404 has no name of its own. */
export function isMissingBucket(error: unknown): boolean {
  const name = error instanceof Error ? error.name : '';
  return name === 'NoSuchBucket' || (name === 'NotFound' && statusOf(error) === 404);
}
