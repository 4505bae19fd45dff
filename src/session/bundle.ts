import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { pack } from 'tar-stream';

/** One file of a bundle: its content, or the path of a local file to take it from. */
export type BundleFile = {
  /** Relative to the directory of the upload. */
  readonly name: string;
  /** E.g. 0o700. What it grants to others is of no use to them: the directory is closed. */
  readonly mode: number;
} & ({ readonly content: string | Buffer } | { readonly path: string });

/** What is uploaded to every instance of a run; the same files make the same bytes. */
export interface Bundle {
  /** A gzip-compressed tar archive. */
  readonly data: Buffer;
  /** SHA-256 of `data`, in lower-case hex. */
  readonly digest: string;
}

/** Packs files in the order given. */
export async function makeBundle(files: readonly BundleFile[]): Promise<Bundle> {
  const tar = pack();
  const archive = buffer(tar);
  for (const file of files) {
    const content = 'content' in file ? file.content : await readFile(file.path);
    tar.entry({ name: file.name, mode: file.mode, mtime: new Date(0) }, content);
  }
  tar.finalize();
  // zlib writes no time into the header.
  const data = await promisify(gzip)(await archive, { level: 6 });
  return { data, digest: createHash('sha256').update(data).digest('hex') };
}
