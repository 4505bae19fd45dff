import type { Archive } from './archive.ts';
import { DirectoryArchive } from './directory.ts';

/** The archive that the configuration names: one line for each kind. */
export function makeArchive({ directory }: { readonly directory: string }): Archive {
  return new DirectoryArchive(directory);
}
