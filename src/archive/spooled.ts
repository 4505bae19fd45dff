import type { Readable } from 'node:stream';
import { CndError } from '../error.ts';
import type { RunId } from '../run-id.ts';
import type { Archive, ArchiveEntry, ArchiveIndex, RunFilter, Unseen } from './archive.ts';
import { entryKind } from './entry.ts';

/**
 * An archive elsewhere, and the directory in which a run is until all of it is stored there. Both are read as one, the
 * directory first: what is in it is never older than what was stored. What is stored goes elsewhere.
 */
export class SpooledArchive implements Archive {
  readonly name: string;
  readonly spool: Archive;
  readonly #remote: Archive;

  constructor(remote: Archive, spool: Archive) {
    this.name = remote.name;
    this.spool = spool;
    this.#remote = remote;
  }

  /** Of what is elsewhere: few runs are here, and not for long. */
  get index(): ArchiveIndex {
    return this.#remote.index;
  }

  location(run?: string): string {
    return this.#remote.location(run);
  }

  async probe(signal?: AbortSignal): Promise<void> {
    await this.spool.probe(signal);
    await this.#remote.probe(signal);
  }

  store(...entry: Parameters<Archive['store']>): Promise<void> {
    return this.#remote.store(...entry);
  }

  claim(...entry: Parameters<Archive['claim']>): Promise<boolean> {
    return this.#remote.claim(...entry);
  }

  async *runs(runFilter: RunFilter = {}): AsyncGenerator<RunId> {
    const { foreign: _, ...filter } = runFilter;
    const here = await unstoredRuns(this.spool, filter);
    // A whole id can be nobody else's: what is here can be read without asking elsewhere.
    const whole = here.find((run) => run === filter.prefix);
    if (whole !== undefined) return void (yield whole);
    for await (const run of this.#remote.runs(runFilter)) {
      // Both are listed newest first.
      for (let [newest] = here; newest !== undefined && newest > run; [newest] = here) {
        yield newest;
        here.shift();
      }
      if (here[0] === run) here.shift();
      yield run;
    }
    yield* here;
  }

  async entries(run: string, unseen?: Unseen): Promise<ArchiveEntry[]> {
    const here = await ownEntriesOf(this.spool, run);
    const there = await this.#remote.entries(run).catch((error: unknown) => {
      // What is here is not all, perhaps.
      if (here.length === 0 || !unseen) throw error;
      unseen(error);
      return [];
    });
    const names = new Set(here.map(({ name }) => name));
    return [...here, ...there.filter(({ name }) => !names.has(name))].toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    );
  }

  async open(run: string, name: string): Promise<Readable> {
    try {
      return await this.spool.open(run, name);
    } catch (error) {
      if (!(error instanceof CndError) || error.code !== 'archive-no-entry') throw error;
      return this.#remote.open(run, name);
    }
  }

  /** Removes both copies; names that stay in the directory are told with their path. */
  async remove(run: string): Promise<string[]> {
    const there = await this.#remote.remove(run);
    const here = await this.spool.remove(run);
    return [...there, ...here.map((name) => `${this.spool.location(run)}/${name}`)];
  }
}

/** The runs of which something is still in a spool, newest first. */
export async function unstoredRuns(spool: Archive, filter: RunFilter = {}): Promise<RunId[]> {
  const runs: RunId[] = [];
  for await (const run of spool.runs(filter)) {
    if ((await ownEntriesOf(spool, run)).length > 0) runs.push(run);
  }
  return runs;
}

/** The entries of a run that are cnd's. */
export async function ownEntriesOf(archive: Archive, run: string): Promise<ArchiveEntry[]> {
  return (await archive.entries(run)).filter(({ name }) => entryKind(name) !== undefined);
}
