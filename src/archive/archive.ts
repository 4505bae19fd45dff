import type { Readable } from 'node:stream';
import type { RunId } from '../run-id.ts';

/** Something kept in the archive: an instance's syslog, the journal or the run record. */
export interface ArchiveEntry {
  readonly name: string;
  readonly bytes: number;
}

/** Which runs to list; a run's id tells when it started, so none of this needs a look into the run. */
export interface RunFilter {
  /** Only runs whose id begins with this. */
  readonly prefix?: string;
  /** Only runs that started at or after, and at or before, this moment (to the second). */
  readonly since?: Date;
  readonly until?: Date;
  /** Only runs whose id sorts before this, and not before this: a page of a listing. */
  readonly before?: RunId;
  readonly notBefore?: RunId;
  /** Told the names of what lies in the archive and is not a run, where the listing shows them anyhow. */
  readonly foreign?: (name: string) => void;
}

/** Told that a part of an archive cannot be looked at. */
export type Unseen = (error: unknown) => void;

/** How an entry is stored. */
export interface StoreOptions {
  /** Gives up: whoever waits has something more urgent to do than to wait for a network. */
  readonly signal?: AbortSignal;
  /** Told whenever something has moved. */
  readonly onProgress?: () => void;
}

/**
 * The names of the entries of an archive's index (`index/name.ts`): a cache of what the records say, which may be lost, or
 * lack something, at any time. The run of an entry is what its name begins with.
 */
export interface ArchiveIndex {
  /**
   * Those of the runs that the filter lets through, in ascending order: the newest run first. A reader may stop early.
   * @param atOnce How many the reader is going to take, if it knows.
   */
  names(filter: RunFilter, atOnce?: number): AsyncIterable<string>;
  /** Adds an entry; one that is there already stays. */
  add(name: string): Promise<void>;
  /** Deletes entries; those that are not there do not matter. */
  drop(names: readonly string[]): Promise<void>;
  /**
   * What changes when the record of a run does, as far as a store can say without reading it: letters, digits and dashes. An
   * entry with another stamp is out of date. Empty where there is no such thing.
   */
  stamp(run: string): Promise<string>;
}

/**
 * Where logs and run records are kept. Every implementation passes `test/contract/archive.ts`.
 *
 * Methods take what one call to a store can do: listing runs reads no entry, one run's entries are one listing, an entry
 * is a stream. Entries have the names of `entry.ts`, which also tells their media types; other names in a run are foreign:
 * listed, so that they can be named, and never read, copied or deleted.
 */
export interface Archive {
  readonly name: string;
  /** Where the entries of a run are until all of them are stored; absent where they are kept there for good. */
  readonly spool?: Archive;
  readonly index: ArchiveIndex;
  /** Where a run's entries are, for people: a path or a URL; without a run, the whole archive. */
  location(run?: string): string;
  /** Makes sure, before anything is launched, that entries can be stored; leaves nothing. @throws CndError when they cannot. */
  probe(signal?: AbortSignal): Promise<void>;
  /**
   * Keeps the file at `path` as `name` of this run; replaces an earlier one whole or not at all. A record that is stored is in
   * the index then, as far as that can be written.
   */
  store(run: string, name: string, path: string, options?: StoreOptions): Promise<void>;
  /**
   * Keeps a text as `name` of this run, unless there is an entry of that name: gives whether there was none. Of all that try at once exactly
   * one is told so (but on a server that does not know conditional writes, where all may be).
   */
  claim(run: string, name: string, content: string): Promise<boolean>;
  /** The ids of the runs in the archive, newest first, as they are listed: a reader may stop early. */
  runs(filter?: RunFilter): AsyncIterable<RunId>;
  /**
   * The entries of one run, sorted by name, foreign ones too; empty when there is no such run.
   * @param unseen Told why a part of the archive cannot be listed, so that these are not all, perhaps; without it, that is an
   *   error.
   */
  entries(run: string, unseen?: Unseen): Promise<ArchiveEntry[]>;
  /** The bytes of an entry as they were stored. @throws CndError `archive-no-entry` when there is none. */
  open(run: string, name: string): Promise<Readable>;
  /**
   * Deletes what cnd stored of a run, and its entry of the index, the record last, so that a deletion cut short can be repeated; idempotent.
   * Foreign entries stay, and their names are the answer.
   */
  remove(run: string): Promise<string[]>;
}
