import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { persist } from '../aws/retry.ts';
import { CndError, UsageError } from '../error.ts';
import { runIdPattern } from '../run/run-id.ts';
import type { Archive, ArchiveEntry } from './archive.ts';
import { contentType } from './content-type.ts';
import { entryNamePattern, noEntry, requireEntryName, requireRun } from './entry-name.ts';
import { type BucketAccess, s3Client, s3Error } from './s3-client.ts';
import { batch, listFolder, listKeys } from './s3-list.ts';

/** What an archive on S3 is made with. */
export interface S3Options extends BucketAccess {
  /** What all keys begin with; empty: the runs are at the top of the bucket. */
  readonly prefix?: string;
  /** With keys of S3 by default; `aws:kms` with the bucket's own key. */
  readonly encryption?: 'AES256' | 'aws:kms';
  /** Where entries are before they are uploaded, and stay if that fails: probed as well. */
  readonly local?: Pick<Archive, 'probe'>;
  /** Milliseconds for which an upload is begun again. */
  readonly patience?: number;
}

/** Milliseconds for which a failed upload is begun again: instances may be waiting for it to be terminated. */
const defaultPatience = 10_000;

/** The archive in a bucket of Amazon S3: `s3://bucket/prefix/<run>/<name>`. */
export class S3Archive implements Archive {
  readonly name = 's3';
  readonly #options: S3Options;
  readonly #prefix: string;
  readonly #client: S3Client;

  constructor(options: S3Options) {
    this.#options = options;
    const path = (options.prefix ?? '').replace(/^\/+|\/+$/g, '');
    this.#prefix = path === '' ? '' : `${path}/`;
    this.#client = s3Client(options.settings, options.env);
  }

  location(run: string): string {
    return `s3://${this.#options.bucket}/${this.#prefix}${run}`;
  }

  /** Looks for the bucket, and writes to it: rights to see a bucket say nothing of rights to write. */
  async probe(run: string): Promise<void> {
    await this.#options.local?.probe(run);
    const { bucket } = this.#options;
    // Outside of any run: without the right to delete it stays, and must not look like one.
    const Key = `${this.#prefix}.cnd-probe`;
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: bucket }));
      await this.#client.send(
        new PutObjectCommand({ ...this.#object(Key), Body: 'cnd\n', ContentType: 'text/plain' }),
      );
    } catch (error) {
      const { code, message, hint } = await this.#error(error, 'logs cannot be archived in', 's3:PutObject', 's3:ListBucket'); // prettier-ignore
      throw new UsageError(code, message, { about: 'logs.bucket', ...(hint && { hint }), cause: error });
    }
    await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key })).catch(() => {});
  }

  async store(run: string, name: string, path: string, signal?: AbortSignal): Promise<void> {
    requireEntryName(run, name);
    const { size } = await stat(path);
    const abortSignal = signal ?? new AbortController().signal;
    const put = async (): Promise<void> => {
      // A stream that has begun cannot be sent again by the SDK, so every attempt has its own. Its length is fixed:
      // what is appended meanwhile is not part of this object.
      const Body = size === 0 ? '' : createReadStream(path, { end: size - 1 });
      const ContentLength = size;
      const ContentType = contentType(name);
      await this.#client.send(
        new PutObjectCommand({ ...this.#object(this.#key(run, name)), Body, ContentLength, ContentType }),
        { abortSignal },
      );
    };
    try {
      const patience = this.#options.patience ?? defaultPatience;
      await persist(put, { signal: abortSignal, patience });
    } catch (error) {
      const { code, message, about, hint } = await this.#error(
        error,
        `${name} cannot be stored in`,
        's3:PutObject',
      );
      // Views show messages without their hints, and nobody should have to look for this one.
      const kept = `the local copy is kept, store it later with: cnd logs push ${run}`;
      throw new CndError(code, `${message}; ${kept}`, {
        ...(about && { about }),
        ...(hint && { hint }),
        cause: error,
      });
    }
  }

  async runs(): Promise<string[]> {
    const { folders } = await this.#listing(() => this.#list(this.#prefix));
    return folders
      .filter((run) => runIdPattern.test(run))
      .toSorted()
      .toReversed();
  }

  async entries(run: string): Promise<ArchiveEntry[]> {
    const { files } = await this.#listing(() => this.#list(this.#key(run, '')));
    return files.filter(({ name }) => entryNamePattern.test(name)).toSorted(byName);
  }

  async read(run: string, name: string): Promise<Buffer> {
    requireEntryName(run, name);
    const Bucket = this.#options.bucket;
    try {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket, Key: this.#key(run, name) }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') {
        throw noEntry(this.location(run), run, name, error);
      }
      throw await this.#error(error, `${name} of ${run} cannot be read from`, 's3:GetObject');
    }
  }

  async remove(run: string): Promise<void> {
    requireRun(run);
    const below = this.#key(run, '');
    // Whatever is there, not only what has a name of ours.
    const keys = await this.#listing(() => listKeys(this.#client, this.#options.bucket, below));
    for (let at = 0; at < keys.length; at += batch) await this.#delete(keys.slice(at, at + batch), run);
  }

  async #delete(keys: readonly string[], run: string): Promise<void> {
    const Objects = keys.map((Key) => ({ Key }));
    const what = `${run} cannot be removed from`;
    const input = { Bucket: this.#options.bucket, Delete: { Objects, Quiet: true } };
    const { Errors = [] } = await this.#asking(what, 's3:DeleteObject', () =>
      this.#client.send(new DeleteObjectsCommand(input)),
    );
    const [first] = Errors;
    if (!first) return;
    const cause = Object.assign(new Error(`${first.Message} (${first.Key}, ${Errors.length} in all)`), {
      name: first.Code ?? 'Error',
    });
    throw await this.#error(cause, what, 's3:DeleteObject');
  }

  #list(prefix: string) {
    return listFolder(this.#client, this.#options.bucket, prefix);
  }

  #listing<T>(list: () => Promise<T>): Promise<T> {
    return this.#asking('runs cannot be listed in', 's3:ListBucket', list);
  }

  async #asking<T>(what: string, rights: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw await this.#error(error, what, rights);
    }
  }

  #object(Key: string) {
    const { bucket: Bucket, encryption = 'AES256' } = this.#options;
    return { Bucket, Key, ServerSideEncryption: encryption };
  }

  #key(run: string, name: string): string {
    return `${this.#prefix}${run}/${name}`;
  }

  #error(failure: unknown, what: string, ...rights: string[]): Promise<CndError> {
    const { bucket } = this.#options;
    const call = { what: `${what} bucket ${bucket}`, rights: rights.join(', ') };
    return s3Error(failure, this.#client, this.#options, call);
  }
}

function byName(one: ArchiveEntry, other: ArchiveEntry): number {
  return one.name < other.name ? -1 : 1;
}
