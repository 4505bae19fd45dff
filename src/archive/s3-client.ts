import { S3Client } from '@aws-sdk/client-s3';
import { type AwsSettings, awsClientConfig, customEndpoint } from '../aws/client.ts';
import { awsError, statusOf } from '../aws/failure.ts';
import type { CndError } from '../error.ts';

/** A bucket, and how to get at it. */
export interface BucketAccess {
  readonly bucket: string;
  readonly settings: AwsSettings;
  readonly env: NodeJS.ProcessEnv;
}

/** Milliseconds that one request may take without a sign of life: a large syslog on a slow uplink is no failure. */
const requestTimeout = 60_000;

/** A client for S3. A bucket may be in another region than the instances: the client follows it there. */
export function s3Client(settings: AwsSettings, env: NodeJS.ProcessEnv): S3Client {
  return new S3Client({
    ...awsClientConfig(settings, env, requestTimeout),
    followRegionRedirects: true,
    // S3 refuses chunks of less than 8 KiB, which a stream may come in.
    requestStreamBufferSize: 64 * 1024,
    // Services that are only compatible with S3 seldom have a host name for each bucket.
    forcePathStyle: customEndpoint('S3', settings, env) !== undefined,
  });
}

/** What an error of S3 means to a user who named this bucket. */
export async function s3Error(
  failure: unknown,
  client: S3Client,
  { bucket, settings }: BucketAccess,
  { what, rights, hint }: { readonly what: string; readonly rights: string; readonly hint?: string },
): Promise<CndError> {
  const region = await regionOf(client);
  const common = { about: 'logs.bucket', region, profile: settings.profile, rights };
  if (isMissingBucket(failure)) {
    const gone = new Error(`there is no bucket ${bucket}`, { cause: failure });
    const remedy = 'create it with: cnd init, or name another one in logs.bucket';
    return awsError(gone, { ...common, what, hint: remedy });
  }
  return awsError(failure, { ...common, what, ...(hint !== undefined && { hint }) });
}

async function regionOf(client: S3Client): Promise<string | undefined> {
  try {
    return await client.config.region();
  } catch {
    return undefined; // none is set: that is what the error will say
  }
}

/** HeadBucket has no body, so that its 404 has no name of its own. */
function isMissingBucket(error: unknown): boolean {
  const name = error instanceof Error ? error.name : '';
  return name === 'NoSuchBucket' || (name === 'NotFound' && statusOf(error) === 404);
}
