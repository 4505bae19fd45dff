import { type S3Client, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { ArchiveEntry } from '../archive.ts';

/** Objects that one ListObjectsV2 gives, and one DeleteObjects takes, at most. */
export const batch = 1000;

/** A part of what is right below a prefix, as in a folder: its objects and its own folders, each in order of their names. */
export interface Page {
  readonly files: readonly ArchiveEntry[];
  readonly folders: readonly string[];
}

/** What to list: all of a folder (`''` or with a slash at its end), or what in it begins with, or comes after, a name. */
export interface Listing {
  readonly bucket: string;
  readonly folder: string;
  readonly beginning?: string | undefined;
  readonly after?: string | undefined;
  /** Names that one request gives at most, if fewer than S3 has it. */
  readonly atOnce?: number | undefined;
}

/** Lists a folder page by page: a reader may stop early. No object is read. */
export async function* listFolder(
  client: S3Client,
  { bucket, folder, beginning = '', after, atOnce = batch }: Listing,
): AsyncGenerator<Page> {
  const input = {
    Bucket: bucket,
    Prefix: `${folder}${beginning}`,
    Delimiter: '/',
    ...(after !== undefined && { StartAfter: `${folder}${after}` }),
  };
  const pages = paginateListObjectsV2({ client, pageSize: Math.min(atOnce, batch) }, input);
  for await (const { Contents = [], CommonPrefixes = [] } of pages) {
    yield {
      files: Contents.map(({ Key = '', Size = 0 }) => ({ name: Key.slice(folder.length), bytes: Size })),
      folders: CommonPrefixes.map(({ Prefix = '' }) => Prefix.slice(folder.length, -1)),
    };
  }
}

/**
 * Lists with a client that is likely to be the right one, at the same time as it is found out which is: one round trip less, where
 * the bucket is in the region of the settings. Where the first page cannot be had, all is listed with the other.
 */
export async function* listEarly(
  likely: S3Client,
  certain: Promise<S3Client>,
  listing: Listing,
): AsyncGenerator<Page> {
  certain.catch(() => {}); // awaited only where it is needed
  try {
    const pages = listFolder(likely, listing);
    const first = await pages.next().catch(() => undefined);
    if (!first) return yield* listFolder(await certain, listing);
    if (first.done !== true) yield first.value;
    yield* pages;
  } finally {
    likely.destroy();
  }
}
