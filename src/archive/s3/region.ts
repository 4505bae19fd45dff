import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { property } from '../../aws/property.ts';
import { type BucketAccess, clientRegion, s3Client } from './client.ts';

/** A bucket that was looked for. */
export interface FoundBucket {
  /** Asks in the bucket's own region, as far as that is known. */
  readonly client: S3Client;
  /** Whether that is so: S3 said where the bucket is, or answered here. */
  readonly certain: boolean;
  /** Why it cannot be looked at: it does not exist, somebody else's, or nobody answered. */
  readonly failure?: unknown;
}

/**
 * Looks for a bucket and gives a client for its region, which may be another one than that of the instances. S3 tells it
 * in every answer to HeadBucket, also in a refusal. The SDK's own `followRegionRedirects` sends a request that was redirected
 * once more, but of a stream only what is left: no upload would ever arrive. Never rejects.
 */
export async function findBucket(access: BucketAccess, signal?: AbortSignal): Promise<FoundBucket> {
  const client = s3Client(access);
  const failure = await refusal(client, access.bucket, signal);
  if (failure === undefined) return { client, certain: true };
  const region = regionFrom(failure);
  if (region === undefined) return { client, certain: false, failure };
  if (region === (await clientRegion(client))) return { client, certain: true, failure };
  client.destroy();
  const there = s3Client({ ...access, settings: { ...access.settings, region } });
  // What is refused in the wrong region says nothing of the right one.
  const failureThere = await refusal(there, access.bucket, signal);
  return { client: there, certain: true, ...(failureThere !== undefined && { failure: failureThere }) };
}

/** Why the bucket cannot be looked at; undefined when it can. */
async function refusal(client: S3Client, bucket: string, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), signal ? { abortSignal: signal } : {});
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The SDK keeps the answer of S3 with the error. */
function regionFrom(failure: unknown): string | undefined {
  const headers = property(property(failure, '$response'), 'headers');
  const region = property(headers, 'x-amz-bucket-region');
  return typeof region === 'string' && region !== '' ? region : undefined;
}
