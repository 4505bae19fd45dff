import { type BucketLocationConstraint, CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { hasCode } from '../../aws/code.ts';
import { statusOf } from '../../aws/failure.ts';
import { UsageError } from '../../error.ts';
import { type BucketAccess, isMissingBucket, clientRegion, s3Error } from './client.ts';
import { type FoundBucket, findBucket } from './region.ts';

/** The user's own tags. */
type BucketTags = Readonly<Record<string, string>>;

/** What became of the wish for a bucket. */
export interface MadeBucket {
  /** False: there was one already, and nothing about it was changed. */
  readonly created: boolean;
  readonly region: string | undefined;
}

/**
 * Creates the bucket of an archive, for `cnd init` alone. Nothing is set on it: S3 encrypts every new object since January
 * 2023, and a new bucket is closed to the public since April 2023. One that is there already is left as it is; to see that,
 * it is looked for first, because in us-east-1 S3 says "created" of one's own bucket, too.
 * @param tags The user's own, in the call itself: a policy may demand them of it.
 * @throws CndError when it cannot be; a UsageError when the name is somebody else's: bucket names are global.
 */
export async function createBucket(access: BucketAccess, tags: BucketTags = {}): Promise<MadeBucket> {
  const found = await findBucket(access);
  const { client } = found;
  try {
    const created = await create(found, access, tags);
    return { created, region: await clientRegion(client) };
  } finally {
    client.destroy();
  }
}

async function create(
  { client, failure }: FoundBucket,
  access: BucketAccess,
  tags: BucketTags,
): Promise<boolean> {
  const { bucket } = access;
  if (failure === undefined) return false;
  if (statusOf(failure) === 403) throw taken(bucket, failure);
  const what = `bucket ${bucket} cannot be created`;
  const hasTags = Object.keys(tags).length > 0;
  if (!isMissingBucket(failure))
    throw await s3Error(failure, client, access, { what, permissions: 's3:ListBucket' });
  try {
    await send(client, bucket, tags);
    return true;
  } catch (error) {
    // Somebody was faster.
    if (hasCode(error, 'BucketAlreadyOwnedByYou')) return false;
    if (hasCode(error, 'BucketAlreadyExists')) throw taken(bucket, error);
    throw await s3Error(error, client, access, {
      what,
      permissions: hasTags ? 's3:CreateBucket, s3:TagResource' : 's3:CreateBucket',
    });
  }
}

async function send(client: S3Client, bucket: string, tags: BucketTags): Promise<void> {
  const region = await client.config.region();
  // The SDK's list of regions is as old as the SDK.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const LocationConstraint = region as BucketLocationConstraint;
  // us-east-1 is the one region that must not be said.
  const where = region === 'us-east-1' ? {} : { LocationConstraint };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const configuration = { ...where, ...(Tags.length > 0 && { Tags }) };
  const isPlain = Object.keys(configuration).length === 0;
  await client.send(
    new CreateBucketCommand({
      Bucket: bucket,
      ...(!isPlain && { CreateBucketConfiguration: configuration }),
    }),
  );
}

function taken(bucket: string, cause: unknown): UsageError {
  return new UsageError('bucket-taken', `bucket ${bucket} exists already, and you have no access to it`, {
    about: 'logs.bucket',
    hint: 'bucket names are global: choose another one; or if it is yours, check your identity with: aws sts get-caller-identity',
    cause,
  });
}
