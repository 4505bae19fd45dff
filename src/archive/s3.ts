import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
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
import { idBeginning, runIdPattern, runStart } from '../run-id.ts';
import type { Archive, ArchiveEntry, RunFilter } from './archive.ts';
import { assertEntryName, assertRunId, entryKind, mediaType, noEntry, recordName } from './entry.ts';
import { passes } from './run-filter.ts';
import { type BucketAccess, s3Client, s3Error } from './s3-client.ts';
import { type Page, batch, listFolder } from './s3-list.ts';

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

/** The name, in its folder, of the empty object that some tools make for a folder of its own. */
const marker = '';

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

  location(run = ''): string {
    return `s3://${this.#options.bucket}/${this.#prefix}${run}`.replace(/\/$/, '');
  }

  /** Looks for the bucket, and writes to it: rights to see a bucket say nothing of rights to write. */
  async probe(signal?: AbortSignal): Promise<void> {
    await this.#options.local?.probe(signal);
    const { bucket } = this.#options;
    // Outside of any run: without the right to delete it stays, and must not look like one.
    const Key = `${this.#prefix}.cnd-probe`;
    const bounds = signal ? { abortSignal: signal } : {};
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: bucket }), bounds);
      const probe = { ...this.#object(Key), Body: 'cnd\n', ContentType: 'text/plain' };
      await this.#client.send(new PutObjectCommand(probe), bounds);
    } catch (error) {
      signal?.throwIfAborted();
      const { code, message, hint } = await this.#error(error, 'logs cannot be archived in', 's3:PutObject', 's3:ListBucket'); // prettier-ignore
      throw new UsageError(code, message, { about: 'logs.bucket', ...(hint && { hint }), cause: error });
    }
    await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key })).catch(() => {});
  }

  async store(
    run: string,
    name: string,
    path: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    assertEntryName(run, name);
    signal?.throwIfAborted();
    const { size } = await stat(path);
    const abortSignal = signal ?? new AbortController().signal;
    const put = async (): Promise<void> => {
      // A stream that has begun cannot be sent again by the SDK, so every attempt has its own. Its length is fixed:
      // what is appended meanwhile is not part of this object.
      const Body = size === 0 ? '' : createReadStream(path, { end: size - 1 });
      const ContentLength = size;
      const ContentType = mediaType(name);
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

  /** S3 lists in the order of names, oldest first: all is listed before the first is known, a thousand a request. */
  async *runs({ foreign, ...filter }: RunFilter = {}): AsyncGenerator<string> {
    const { prefix = '', since, until } = filter;
    // No run begins with anything else, and S3 need not be asked for a control character.
    if (!/^[\da-z-]*$/.test(prefix)) return;
    const runs: string[] = [];
    const strangers: string[] = [];
    const after = since && idBeginning(since);
    await this.#listing(async () => {
      for await (const { files, folders } of this.#list(this.#prefix, prefix, after)) {
        runs.push(...folders.filter((name) => passes(name, filter)));
        strangers.push(
          ...files.map(({ name }) => name),
          ...folders.filter((name) => !runIdPattern.test(name)),
        );
        const last = runStart(folders.at(-1) ?? '');
        if (until && last && last > until) break;
      }
    });
    if (foreign) for (const name of strangers) if (!isHidden(name)) foreign(name);
    yield* runs.toReversed();
  }

  async entries(run: string): Promise<ArchiveEntry[]> {
    const all = await this.#below(run);
    return all.filter(({ name }) => !isHidden(name)).toSorted(byName);
  }

  async open(run: string, name: string): Promise<Readable> {
    assertEntryName(run, name);
    const Bucket = this.#options.bucket;
    try {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket, Key: this.#key(run, name) }));
      return Body instanceof Readable ? Body : Readable.from([]);
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey')
        throw noEntry(this.location(run), run, name, error);
      throw await this.#error(error, `${name} of ${run} cannot be read from`, 's3:GetObject');
    }
  }

  async remove(run: string): Promise<string[]> {
    const names = (await this.#below(run)).map(({ name }) => name);
    const ours = names.filter((name) => entryKind(name) && name !== recordName);
    for (let at = 0; at < ours.length; at += batch) await this.#delete(run, ours.slice(at, at + batch));
    const left = names.filter((name) => !entryKind(name) && name !== marker);
    // What is deleted in one request has no order, so the record has one of its own.
    const last = names.filter((name) => name === recordName || (name === marker && left.length === 0));
    if (last.length > 0) await this.#delete(run, last);
    return left.toSorted();
  }

  /** All that is right below a run; folders, which are never ours, with a slash. */
  async #below(run: string): Promise<ArchiveEntry[]> {
    assertRunId(run);
    const all: ArchiveEntry[] = [];
    await this.#listing(async () => {
      for await (const { files, folders } of this.#list(this.#key(run, '')))
        all.push(...files, ...folders.map((name) => ({ name: `${name}/`, bytes: 0 })));
    });
    return all;
  }

  async #delete(run: string, names: readonly string[]): Promise<void> {
    const Objects = names.map((name) => ({ Key: this.#key(run, name) }));
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

  #list(folder: string, beginning?: string, after?: string): AsyncGenerator<Page> {
    return listFolder(this.#client, { bucket: this.#options.bucket, folder, beginning, after });
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

/** As in a directory; and the marker of a folder. */
function isHidden(name: string): boolean {
  return name === marker || name.startsWith('.');
}

function byName(one: ArchiveEntry, other: ArchiveEntry): number {
  return one.name < other.name ? -1 : 1;
}
