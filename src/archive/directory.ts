import type { Dirent } from 'node:fs';
import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CndError, isMissing, messageOf } from '../error.ts';
import { withFileErrors } from '../file-error.ts';
import {
  codeOf,
  createWholeFile,
  hasDanglingLink,
  isPartialName,
  makeDirectory,
  openFile,
  replaceFileWith,
} from '../file.ts';
import { type RunId, isRunId } from '../run-id.ts';
import type { Archive, ArchiveEntry, ArchiveIndex, RunFilter, StoreOptions } from './archive.ts';
import { logsPlace, probeDirectory } from './directory-probe.ts';
import { assertRunId, entryKind, noEntry, requireEntry } from './entry.ts';
import { DirectoryIndex } from './index/directory.ts';
import { storeIndexed, withdraw } from './index/update.ts';
import { passes } from './run-name.ts';

/** The archive in a directory, by default `logs`: one folder a run. */
export class DirectoryArchive implements Archive {
  readonly name = 'directory';
  readonly index: ArchiveIndex;
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
    this.index = new DirectoryIndex(this.#root);
  }

  location(run?: string): string {
    return run === undefined ? this.#root : join(this.#root, run);
  }

  async probe(): Promise<void> {
    await probeDirectory(this.#root);
  }

  async store(run: string, name: string, path: string, { signal }: StoreOptions = {}): Promise<void> {
    const target = this.#path(run, name);
    signal?.throwIfAborted();
    await storeIndexed(this.index, { run, name, path, signal }, async () => {
      // What a run writes into its folder is there already.
      if (resolve(path) === target) return;
      const source = await openFile(path);
      await withFileErrors(logsPlace, target, 'written', async () => {
        await makeDirectory(this.location(run));
        await replaceFileWith(target, (file) =>
          pipeline(source.createReadStream(), file.createWriteStream()),
        );
      });
    });
  }

  async claim(run: string, name: string, content: string): Promise<boolean> {
    const target = this.#path(run, name);
    return withFileErrors(logsPlace, target, 'written', async () => {
      try {
        await makeDirectory(this.location(run));
        await createWholeFile(target, content);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      }
    });
  }

  async *runs(filter: RunFilter = {}): AsyncGenerator<RunId> {
    const entries = await this.#list(this.#root);
    const isRun = (entry: Dirent): boolean => entry.isDirectory() && isRunId(entry.name);
    if (filter.foreign) {
      for (const entry of entries) if (!isRun(entry) && !isHidden(entry)) filter.foreign(entry.name);
    }
    const names = entries.filter(isRun).map(({ name }) => name);
    yield* names
      .filter((name): name is RunId => passes(name, filter))
      .toSorted()
      .toReversed();
  }

  async entries(run: string): Promise<ArchiveEntry[]> {
    assertRunId(run);
    const folder = this.location(run);
    const names = (await this.#list(folder)).filter((file) => !isHidden(file) && !isPartial(file));
    return Promise.all(
      names
        .map(({ name }) => name)
        .toSorted()
        .map(async (name) => ({ name, bytes: await sizeOf(join(folder, name)) })),
    );
  }

  async open(run: string, name: string): Promise<Readable> {
    try {
      const file = await openFile(this.#path(run, name));
      return file.createReadStream();
    } catch (error) {
      if (error instanceof CndError) throw error;
      if (isMissing(error)) throw noEntry(this.location(run), run, name, error);
      throw new CndError(
        'archive-unreadable',
        `${this.#path(run, name)} cannot be read: ${messageOf(error)}`,
        { about: `${run}/${name}`, hint: 'list the runs with: cnd logs ls', cause: error },
      );
    }
  }

  async remove(run: string): Promise<string[]> {
    assertRunId(run);
    const folder = this.location(run);
    const files = (await this.#list(folder)).filter((file) => file.isFile());
    const ours = files.filter((file) => isPartial(file) || entryKind(file.name));
    const record = (file: Dirent): number => (entryKind(file.name)?.kind === 'record' ? 1 : 0);
    await withdraw(this.index, run);
    try {
      for (const { name } of ours.toSorted((a, b) => record(a) - record(b)))
        await rm(join(folder, name), { force: true });
      const left = (await this.#list(folder)).map(({ name }) => name);
      if (left.length === 0) await rmdir(folder).catch(ignoreMissing);
      return left.toSorted();
    } catch (error) {
      throw new CndError('archive-unwritable', `${folder} cannot be removed: ${messageOf(error)}`, {
        about: run,
        hint: 'check the permissions there, then run the command again',
        cause: error,
      });
    }
  }

  /** What is in a folder, nothing where there is none. @throws CndError when it cannot be read. */
  async #list(folder: string): Promise<Dirent[]> {
    try {
      return await readdir(folder, { withFileTypes: true });
    } catch (error) {
      const isNothing = isMissing(error) && !(await hasDanglingLink(folder));
      if (isNothing) return [];
      const why = isMissing(error) ? 'its path contains a dangling symbolic link' : messageOf(error);
      throw new CndError('archive-unreadable', `logs directory ${folder} cannot be read: ${why}`, {
        about: 'logs.directory',
        hint: 'fix it, or set another logs.directory in cnd.config.json',
        cause: error,
      });
    }
  }

  #path(run: string, name: string): string {
    requireEntry(run, name);
    return join(this.location(run), name);
  }
}

function isHidden({ name }: Dirent): boolean {
  return name.startsWith('.');
}

/** What a writer leaves that is killed half-way. */
function isPartial({ name }: Dirent): boolean {
  return isPartialName(name);
}

/** A file can be removed between the listing and this. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
