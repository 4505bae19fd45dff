import type { ArchiveIndex, RunFilter } from '../archive.ts';
import { indexBounds, passesIndex } from '../index/bound.ts';
import { indexFolder } from '../index/name.ts';
import type { Listing, Page } from './list.ts';

/** What the index asks of its bucket. */
export interface IndexBucket {
  readonly list: (listing: Omit<Listing, 'bucket'>) => AsyncIterable<Page>;
  readonly put: (key: string) => Promise<void>;
  readonly remove: (keys: readonly string[]) => Promise<void>;
  /** Makes errors of a listing those of the archive. */
  readonly asking: <T>(list: () => Promise<T>) => Promise<T>;
}

/** The index of an archive on S3: `s3://bucket/prefix/.cnd-index/<name>`, empty objects. */
export class BucketIndex implements ArchiveIndex {
  readonly #folder: string;
  readonly #bucket: IndexBucket;

  constructor(prefix: string, bucket: IndexBucket) {
    this.#folder = `${prefix}${indexFolder}/`;
    this.#bucket = bucket;
  }

  async *names(filter: RunFilter, atOnce?: number): AsyncGenerator<string> {
    const bounds = indexBounds(filter);
    if (!bounds) return;
    const pages = this.#bucket.list({ folder: this.#folder, atOnce, ...bounds })[Symbol.asyncIterator]();
    for (;;) {
      const page = await this.#bucket.asking(() => pages.next());
      if (page.done === true) return;
      const names = page.value.files.map(({ name }) => name);
      yield* names.filter((name) => passesIndex(name, filter));
      // Everything after it is older still.
      const last = names.at(-1);
      if (last !== undefined && bounds.until !== undefined && last > bounds.until) return;
    }
  }

  add(name: string): Promise<void> {
    return this.#bucket.put(`${this.#folder}${name}`);
  }

  drop(names: readonly string[]): Promise<void> {
    return this.#bucket.remove(names.map((name) => `${this.#folder}${name}`));
  }

  /** A listing of runs says nothing of their records, and to ask for each is what an index is there to save. */
  stamp(): Promise<string> {
    return Promise.resolve('');
  }
}
