import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { isNotYetKnown } from '../../aws/consistency.ts';
import { statusOf } from '../../aws/failure.ts';
import { isRetryable } from '../../aws/retryable.ts';
import { CndError, messageOf } from '../../error.ts';
import { openFile } from '../../file.ts';

/** What an object is stored as, but for its content. */
export type ObjectInput = Omit<PutObjectCommandInput, 'Body' | 'ContentLength'>;

/**
 * Uploads what is in a file now. A stream that has begun cannot be sent again, so every attempt is a call of its own.
 * @param onProgress Told whenever some of it was taken to be sent.
 * @throws CndError `archive-unreadable` when the file cannot be read, and what the SDK throws.
 */
export async function uploadObject(
  client: S3Client,
  object: ObjectInput,
  path: string,
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<void> {
  const file = await openFile(path).catch((error: unknown) => Promise.reject(unreadable(path, error)));
  try {
    // Its length is fixed: what is appended meanwhile is not part of this object.
    const { size } = await file.stat();
    const explain = (error: unknown): CndError => unreadable(path, error);
    const source = { read: () => file.createReadStream({ end: size - 1 }), size, explain };
    if (size > 0) await uploadStream(client, object, source, signal, onProgress);
    else await client.send(new PutObjectCommand({ ...object, Body: '' }), { abortSignal: signal });
  } finally {
    await file.close();
  }
}

/** What an object is made from. */
export interface UploadSource {
  readonly read: () => Readable;
  /** Bytes: S3 must be told beforehand. */
  readonly size: number;
  /** What a source that cannot be read is told as. */
  readonly explain: (error: unknown) => unknown;
}

/**
 * Uploads a stream: with a checksum in a trailer, as the SDK sends all streams, which not every server that is compatible
 * with S3 understands.
 */
export async function uploadStream(
  client: S3Client,
  object: ObjectInput,
  { read, size, explain }: UploadSource,
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<void> {
  const Body = new Transform({
    transform(chunk, _encoding, pass) {
      onProgress();
      pass(null, chunk);
    },
  });
  // The SDK does not listen for errors of a body: they would end the process, and the upload would wait for ever.
  const broken = new AbortController();
  pipeline(read(), Body).catch((error: unknown) => broken.abort(explain(error)));
  try {
    const command = new PutObjectCommand({ ...object, Body, ContentLength: size });
    await client.send(command, { abortSignal: AbortSignal.any([signal, broken.signal]) });
  } catch (error) {
    throw broken.signal.aborted ? broken.signal.reason : error;
  } finally {
    Body.destroy();
  }
}

function unreadable(path: string, cause: unknown): CndError {
  return new CndError('archive-unreadable', `the local copy cannot be read: ${messageOf(cause)}`, {
    about: path,
    hint: 'check the permissions of the file, and the disk',
    cause,
  });
}

/** Whether an upload that failed so may work a moment later. */
export function isWorthAnother(error: unknown): boolean {
  // Not implemented: as of a checksum after the content, which it will not be a moment later either.
  if (statusOf(error) === 501) return false;
  return isRetryable(error) || isNotYetKnown('s3:PutObject', error);
}
