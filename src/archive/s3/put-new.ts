import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { statusOf } from '../../aws/failure.ts';
import { retry } from '../../retry.ts';

/** Milliseconds for which it is tried again while another object of that key is being written. */
const timeout = 5000;

/**
 * Makes an object unless there is one of that key, as one step of S3 (a conditional write, If-None-Match); gives whether it did.
 * A server that does not know such writes makes it anyhow. @throws what the SDK throws.
 */
export async function putNew(client: S3Client, object: PutObjectCommandInput): Promise<boolean> {
  const put = async (): Promise<boolean> => {
    try {
      await client.send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      if (statusOf(error) === 412) return false;
      if (statusOf(error) !== 501) throw error;
      await client.send(new PutObjectCommand(object));
      return true;
    }
  };
  // Conflict: S3 has not decided yet which of two comes first.
  const isRetryable = (error: unknown): boolean => statusOf(error) === 409;
  return retry(put, { signal: new AbortController().signal, timeout, isRetryable });
}
