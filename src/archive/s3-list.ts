import { type ListObjectsV2CommandOutput, type S3Client, paginateListObjectsV2 } from '@aws-sdk/client-s3';

/** Objects that one ListObjectsV2 gives, and one DeleteObjects takes, at most. */
export const batch = 1000;

/** What is right below a prefix, as in a folder: its objects and its own folders. No object is read. */
export async function listFolder(
  client: S3Client,
  Bucket: string,
  Prefix: string,
): Promise<{ readonly files: { name: string; bytes: number }[]; readonly folders: string[] }> {
  const files: { name: string; bytes: number }[] = [];
  const folders: string[] = [];
  for await (const { Contents = [], CommonPrefixes = [] } of pages(client, {
    Bucket,
    Prefix,
    Delimiter: '/',
  })) {
    for (const { Key = '', Size = 0 } of Contents)
      files.push({ name: Key.slice(Prefix.length), bytes: Size });
    for (const { Prefix: folder = '' } of CommonPrefixes) folders.push(folder.slice(Prefix.length, -1));
  }
  return { files, folders };
}

/** The keys of everything below a prefix, however deep. */
export async function listKeys(client: S3Client, Bucket: string, Prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of pages(client, { Bucket, Prefix })) {
    for (const { Key } of Contents) if (Key !== undefined) keys.push(Key);
  }
  return keys;
}

function pages(
  client: S3Client,
  input: { readonly Bucket: string; readonly Prefix: string; readonly Delimiter?: string },
): AsyncIterable<ListObjectsV2CommandOutput> {
  return paginateListObjectsV2({ client, pageSize: batch }, input);
}
