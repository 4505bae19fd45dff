import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../../error.ts';
import { isPartialName } from '../../file.ts';

/**
 * Removes the files that a process which was killed had not finished: what it was writing is written anew.
 * @throws the error of the file system, unless there is no such directory.
 */
export async function removePartialFiles(directory: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const partial = names.filter((name) => name.startsWith('.') && isPartialName(name));
  for (const name of partial) await rm(join(directory, name), { force: true });
}
