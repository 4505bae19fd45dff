import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { UsageError } from '../error.ts';
import { type BucketAccess, s3Client, s3Error } from './s3-client.ts';

const rights = 's3:CreateBucket, s3:PutBucketPublicAccessBlock, s3:PutEncryptionConfiguration';

/**
 * Creates the bucket of an archive, for `cnd init` alone: private, encrypted. One that the caller has already is left as
 * it is. Resolves with whether it was created.
 * @throws CndError when it cannot be; a UsageError when the name is somebody else's: bucket names are global.
 */
export async function createBucket(access: BucketAccess): Promise<boolean> {
  const client = s3Client(access.settings, access.env);
  const { bucket } = access;
  try {
    if (!(await create(client, bucket))) return false;
    await client.send(
      new PutPublicAccessBlockCommand({
        Bucket: bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          IgnorePublicAcls: true,
          BlockPublicPolicy: true,
          RestrictPublicBuckets: true,
        },
      }),
    );
    await client.send(
      new PutBucketEncryptionCommand({
        Bucket: bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'BucketAlreadyExists') {
      throw new UsageError('bucket-taken', `the bucket name ${bucket} is somebody else's`, {
        about: 'logs.bucket',
        hint: 'bucket names are global: choose another one for logs.bucket',
        cause: error,
      });
    }
    throw await s3Error(error, client, access, { what: `bucket ${bucket} cannot be created`, rights });
  } finally {
    client.destroy();
  }
}

async function create(client: S3Client, bucket: string): Promise<boolean> {
  const region = await client.config.region();
  // The SDK's list of regions is as old as the SDK.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const LocationConstraint = region as BucketLocationConstraint;
  // us-east-1 is the one region that must not be said.
  const where = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint } };
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket, ...where }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'BucketAlreadyOwnedByYou') return false;
    throw error;
  }
}
