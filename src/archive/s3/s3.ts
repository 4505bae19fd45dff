import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { untilKnown } from '../../aws/consistency.ts';
import { isRetryable } from '../../aws/retryable.ts';
import { retry } from '../../retry.ts';
import { CndError, UsageError } from '../../error.ts';
import { type RunId, idBeginning, isRunId, runStart } from '../../run-id.ts';
import type { Archive, ArchiveEntry, ArchiveIndex, RunFilter, StoreOptions } from '../archive.ts';
import { assertRunId, entryKind, mediaType, noEntry, requireEntry } from '../entry.ts';
import { recordName } from '../../event/file-name.ts';
import { storeIndexed, withdraw } from '../index/update.ts';
import { passes } from '../run-name.ts';
import { type BucketAccess, s3Client, s3Error } from './client.ts';
import { BucketIndex } from './index.ts';
import { type Listing, type Page, batch, listEarly, listFolder } from './list.ts';
import { type FoundBucket, findBucket } from './region.ts';
import { putNew } from './put-new.ts';
import { type ObjectInput, isWorthAnother, uploadObject, uploadStream } from './upload.ts';

/** What an archive on S3 is made with. */
export interface S3Options extends BucketAccess {
  /** What all keys begin with; empty: the runs are at the top of the bucket. */
  readonly prefix?: string;
  /** With which keys; by default those that the bucket says: every bucket encrypts since January 2023. */
  readonly encryption?: 'AES256' | 'aws:kms';
  /** Milliseconds for which an upload is begun again. */
  readonly timeout?: number;
}

/** Milliseconds for which a failed upload is begun again: somebody waits for the end of the run. */
const defaultTimeout = 10_000;

/** Milliseconds for which a failed probe is begun again: nothing is launched before. */
const probeTimeout = 5000;

/** The name, in its folder, of the empty object that some tools make for a folder of its own. */
const marker = '';

/** The archive in a bucket of Amazon S3: `s3://bucket/prefix/<run>/<name>`. */
export class S3Archive implements Archive {
  readonly name = 's3';
  readonly index: ArchiveIndex;
  readonly #options: S3Options;
  readonly #prefix: string;
  #found: Promise<FoundBucket> | undefined;
  /** The client that was last asked with, for the words of errors. */
  #asked: S3Client | undefined;

  constructor(options: S3Options) {
    this.#options = options;
    const path = (options.prefix ?? '').replace(/^\/+|\/+$/g, '');
    this.#prefix = path === '' ? '' : `${path}/`;
    this.index = new BucketIndex(this.#prefix, {
      list: (listing) => this.#list(listing),
      put: (key) => this.#putEmpty(key),
      remove: (keys) => this.#deleteKeys(keys, 'entries of the index cannot be removed from'),
      asking: (list) => this.#listing(list),
    });
  }

  location(run = ''): string {
    return `s3://${this.#options.bucket}/${this.#prefix}${run}`.replace(/\/$/, '');
  }

  /** Looks for the bucket, and writes to it: rights to see a bucket say nothing of rights to write. */
  async probe(signal?: AbortSignal): Promise<void> {
    // Outside of any run: without the right to delete it stays, and must not look like one.
    const Key = `${this.#prefix}.cnd-probe`;
    const { client, failure } = await this.#bucket(signal);
    try {
      if (failure !== undefined) throw failure;
      // As everything is uploaded: a server may take a string, and refuse the checksum after a stream.
      const object = { ...this.#object(Key), ContentType: 'text/plain' };
      const content = Buffer.from('cnd\n');
      const source = { read: () => Readable.from([content]), size: content.length, explain: String };
      const bound = signal ?? new AbortController().signal;
      // The SDK does not send a stream again: what it does for every other call is done here.
      await retry(() => uploadStream(client, object, source, bound), {
        signal: bound,
        timeout: probeTimeout,
        isRetryable: isWorthAnother,
      });
    } catch (error) {
      signal?.throwIfAborted();
      const { code, message, hint } = await this.#error(error, 'logs cannot be archived in', 's3:PutObject', 's3:ListBucket'); // prettier-ignore
      throw new UsageError(code, message, { about: 'logs.bucket', ...(hint && { hint }), cause: error });
    }
    await client.send(new DeleteObjectCommand({ Bucket: this.#options.bucket, Key })).catch(() => {});
  }

  async store(
    run: string,
    name: string,
    path: string,
    { signal = new AbortController().signal, onProgress }: StoreOptions = {},
  ): Promise<void> {
    const ContentType = mediaType(requireEntry(run, name));
    signal.throwIfAborted();
    const object = { ...this.#object(this.#key(run, name)), ContentType };
    const timeout = this.#options.timeout ?? defaultTimeout;
    const put = async (): Promise<void> =>
      uploadObject(await this.#client(signal), object, path, signal, onProgress);
    try {
      await storeIndexed(this.index, { run, name, path, signal }, () =>
        retry(put, { signal, timeout: timeout, isRetryable: isWorthAnother }),
      );
    } catch (error) {
      if (!(error instanceof CndError))
        throw await this.#error(error, `${name} cannot be stored in`, 's3:PutObject');
      const { code, message, hint } = error;
      throw new CndError(code, `${name}: ${message}`, { about: path, ...(hint && { hint }), cause: error });
    }
  }

  async claim(run: string, name: string, content: string): Promise<boolean> {
    const ContentType = mediaType(requireEntry(run, name));
    const object = { ...this.#object(this.#key(run, name)), ContentType, Body: content };
    return this.#asking(`${name} cannot be stored in`, 's3:PutObject', async () =>
      putNew(await this.#client(), object),
    );
  }

  /** S3 lists in the order of names, oldest first: all is listed before the first is known, a thousand a request. */
  async *runs({ foreign, ...filter }: RunFilter = {}): AsyncGenerator<RunId> {
    const { prefix = '', since, until, before, notBefore } = filter;
    // No run begins with anything else, and S3 need not be asked for a control character.
    if (!/^[\da-z-]*$/.test(prefix)) return;
    const runs: RunId[] = [];
    const others: string[] = [];
    const earliest = [since && idBeginning(since), notBefore?.slice(0, -5)];
    const after = earliest
      .filter((id) => id !== undefined)
      .toSorted()
      .at(-1);
    await this.#listing(async () => {
      const listing = { folder: this.#prefix, beginning: prefix, after };
      for await (const { files, folders } of this.#list(listing)) {
        runs.push(...folders.filter((name): name is RunId => passes(name, filter)));
        others.push(...files.map(({ name }) => name), ...folders.filter((name) => !isRunId(name)));
        const last = runStart(folders.at(-1) ?? '');
        if (until && last && last > until) break;
        if (before !== undefined && last && (folders.at(-1) ?? '') >= before) break;
      }
    });
    if (foreign) for (const name of others) if (!isHidden(name)) foreign(name);
    yield* runs.toReversed();
  }

  async entries(run: string): Promise<ArchiveEntry[]> {
    const all = await this.#below(run);
    return all.filter(({ name }) => !isHidden(name)).toSorted(byName);
  }

  async open(run: string, name: string): Promise<Readable> {
    requireEntry(run, name);
    const Bucket = this.#options.bucket;
    try {
      const client = await this.#client();
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: this.#key(run, name) }));
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
    await this.#delete(run, ours);
    await withdraw(this.index, run);
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
      for await (const { files, folders } of this.#list({ folder: this.#key(run, '') }))
        all.push(...files, ...folders.map((name) => ({ name: `${name}/`, bytes: 0 })));
    });
    return all;
  }

  #delete(run: string, names: readonly string[]): Promise<void> {
    return this.#deleteKeys(
      names.map((name) => this.#key(run, name)),
      `${run} cannot be removed from`,
    );
  }

  async #deleteKeys(keys: readonly string[], what: string): Promise<void> {
    for (let at = 0; at < keys.length; at += batch) {
      const Objects = keys.slice(at, at + batch).map((Key) => ({ Key }));
      const input = { Bucket: this.#options.bucket, Delete: { Objects, Quiet: true } };
      const { Errors = [] } = await this.#asking(what, 's3:DeleteObject', async () =>
        (await this.#client()).send(new DeleteObjectsCommand(input)),
      );
      const [first] = Errors;
      if (!first) continue;
      const cause = Object.assign(new Error(`${first.Message} (${first.Key}, ${Errors.length} in all)`), {
        name: first.Code ?? 'Error',
      });
      throw await this.#error(cause, what, 's3:DeleteObject');
    }
  }

  /** An empty object, which the SDK sends again by itself. */
  async #putEmpty(key: string): Promise<void> {
    await this.#asking('an entry of the index cannot be stored in', 's3:PutObject', async () =>
      (await this.#client()).send(new PutObjectCommand({ ...this.#object(key), Body: '' })),
    );
  }

  async *#list(listing: Omit<Listing, 'bucket'>): AsyncGenerator<Page> {
    const whole = { ...listing, bucket: this.#options.bucket };
    if (this.#found) yield* listFolder(await this.#client(), whole);
    else yield* listEarly(s3Client(this.#options), this.#client(), whole);
  }

  #listing<T>(list: () => Promise<T>): Promise<T> {
    return this.#asking('runs cannot be listed in', 's3:ListBucket', list);
  }

  async #asking<T>(what: string, permissions: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw await this.#error(error, what, permissions);
    }
  }

  /** The bucket, looked for once. An answer that does not say where it is may be another one next time. */
  async #bucket(signal?: AbortSignal): Promise<FoundBucket> {
    this.#found ??= this.#look(signal);
    const found = await this.#found;
    if (!found.certain) this.#found = undefined;
    this.#asked = found.client;
    return found;
  }

  /** A bucket that `cnd init` has made a moment ago may not be known yet. */
  async #look(signal: AbortSignal = new AbortController().signal): Promise<FoundBucket> {
    let found: FoundBucket | undefined;
    const look = async (): Promise<void> => {
      found = await findBucket(this.#options, signal);
      if (found.failure !== undefined) throw found.failure;
    };
    await untilKnown('s3:HeadBucket', signal, look).catch(() => {});
    return found ?? findBucket(this.#options, signal);
  }

  /** A client for the bucket's region. What is wrong with the bucket is for the call itself to say: its words are better. */
  async #client(signal?: AbortSignal): Promise<S3Client> {
    const { client, failure } = await this.#bucket(signal);
    if (failure !== undefined && isRetryable(failure)) throw failure;
    return client;
  }

  #object(Key: string): ObjectInput {
    const { bucket: Bucket, encryption } = this.#options;
    // Said only when asked for: it would override a key of the bucket's own.
    return { Bucket, Key, ...(encryption && { ServerSideEncryption: encryption }) };
  }

  #key(run: string, name: string): string {
    return `${this.#prefix}${run}/${name}`;
  }

  #error(failure: unknown, what: string, ...permissions: string[]): Promise<CndError> {
    const { bucket } = this.#options;
    const call = { what: `${what} bucket ${bucket}`, permissions: permissions.join(', ') };
    return s3Error(failure, this.#asked, this.#options, call);
  }
}

/** As in a directory; and the marker of a folder. */
function isHidden(name: string): boolean {
  return name === marker || name.startsWith('.');
}

function byName(one: ArchiveEntry, other: ArchiveEntry): number {
  return one.name < other.name ? -1 : 1;
}
