import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CndError, isMissing, messageOf } from '../../error.ts';
import { recordName } from '../../event/file-name.ts';
import { codeOf, createFile } from '../../file.ts';
import type { ArchiveIndex, RunFilter } from '../archive.ts';
import { passesIndex } from './bound.ts';
import { indexFolder } from './name.ts';

/** The index of an archive in a directory: `<root>/.cnd-index/<name>`, empty files. */
export class DirectoryIndex implements ArchiveIndex {
  readonly #root: string;
  readonly #folder: string;

  constructor(root: string) {
    this.#root = root;
    this.#folder = join(root, indexFolder);
  }

  async *names(filter: RunFilter): AsyncGenerator<string> {
    let names: string[];
    try {
      names = await readdir(this.#folder);
    } catch (error) {
      if (isMissing(error)) return;
      throw new CndError('archive-unreadable', `${this.#folder} cannot be read: ${messageOf(error)}`, {
        about: 'logs.directory',
        hint: 'fix its permissions, or remove it: it is made again from the records',
        cause: error,
      });
    }
    yield* names.filter((name) => passesIndex(name, filter)).toSorted();
  }

  async add(name: string): Promise<void> {
    try {
      await this.#create(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Not the archive itself: of what is not there nothing need be found again.
      await mkdir(this.#folder).catch(ignore('EEXIST'));
      await this.#create(name);
    }
  }

  async drop(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(join(this.#folder, name), { force: true });
    if (names.length > 0) await rmdir(this.#folder).catch(ignore('ENOTEMPTY', 'EEXIST', 'ENOENT'));
  }

  /** Its size and when it was written. */
  async stamp(run: string): Promise<string> {
    try {
      const { size, mtimeMs } = await stat(join(this.#root, run, recordName));
      return `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`;
    } catch {
      return '';
    }
  }

  async #create(name: string): Promise<void> {
    await createFile(join(this.#folder, name)).then((file) => file.close(), ignore('EEXIST'));
  }
}

function ignore(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  };
}
