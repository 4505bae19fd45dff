import { copyFile, mkdir, readFile, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CndError, UsageError } from '../error.ts';
import { runIdPattern } from '../run/run-id.ts';
import type { Archive, ArchiveEntry } from './archive.ts';

/** Least free space, in bytes, that a run is started with: a hundred syslogs and a journal of a long run. */
const leastFree = 8 * 1024 * 1024;

/** The archive in a directory, by default `logs`: one folder a run. */
export class DirectoryArchive implements Archive {
  readonly name = 'directory';
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  location(run: string): string {
    return join(this.#root, run);
  }

  async probe(run: string): Promise<void> {
    const folder = this.location(run);
    const existed = await stat(this.#root).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
    );
    try {
      await mkdir(folder, { recursive: true });
      const probe = join(folder, '.probe');
      // A full disk accepts a new name and refuses its bytes: write some.
      await writeFile(probe, Buffer.alloc(64 * 1024), { flush: true });
      await rm(probe);
      await assertRoom(folder);
    } catch (error) {
      await rm(existed ? folder : this.#root, { recursive: true, force: true }).catch(() => {});
      if (error instanceof UsageError) throw error;
      throw new UsageError(
        'logs-unwritable',
        `logs directory ${this.#root} cannot be written: ${reason(error)}`,
        {
          about: 'logs.directory',
          hint: 'free some space or permissions there, or name another directory in logs.directory of cnd.config.json',
          cause: error,
        },
      );
    }
  }

  async store(run: string, name: string, path: string): Promise<void> {
    const target = this.#path(run, name);
    if (resolve(path) === target) return;
    await mkdir(this.location(run), { recursive: true });
    await copyFile(path, `${target}.part`);
    await rename(`${target}.part`, target);
  }

  async runs(): Promise<string[]> {
    const entries = await readdir(this.#root, { withFileTypes: true }).catch(ignoreMissing);
    return entries
      .filter((entry) => entry.isDirectory() && runIdPattern.test(entry.name))
      .map((entry) => entry.name)
      .toSorted()
      .toReversed();
  }

  async entries(run: string): Promise<ArchiveEntry[]> {
    const folder = this.location(run);
    const files = await readdir(folder, { withFileTypes: true }).catch(ignoreMissing);
    const names = files
      .filter((file) => file.isFile() && !file.name.endsWith('.part'))
      .map(({ name }) => name);
    return Promise.all(
      names.toSorted().map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })),
    );
  }

  async read(run: string, name: string): Promise<Buffer> {
    try {
      return await readFile(this.#path(run, name));
    } catch (error) {
      throw new CndError('archive-no-entry', `${this.location(run)} has no ${name}`, {
        about: `${run}/${name}`,
        hint: 'see what there is with: cnd logs ls',
        cause: error,
      });
    }
  }

  async remove(run: string): Promise<void> {
    if (!runIdPattern.test(run))
      throw new CndError('archive-no-run', `${run} is not a run id`, { about: run });
    await rm(this.location(run), { recursive: true, force: true });
  }

  #path(run: string, name: string): string {
    if (!runIdPattern.test(run) || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw new CndError('archive-bad-name', `${run}/${name} cannot be the name of an archive entry`);
    }
    return join(this.location(run), name);
  }
}

async function assertRoom(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= leastFree) return;
  const MiB = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  throw new UsageError(
    'logs-full',
    `logs directory ${folder} has ${MiB(free)} free, less than ${MiB(leastFree)}`,
    {
      about: 'logs.directory',
      hint: 'free some space, or name another directory in logs.directory of cnd.config.json',
    },
  );
}

function ignoreMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
