/** Something kept in the archive: an instance's syslog, the journal or the run record. */
export interface ArchiveEntry {
  readonly name: string;
  readonly bytes: number;
}

/** Where logs and run records are kept. Every implementation passes `test/contract/archive.ts`. */
export interface Archive {
  readonly name: string;
  /** Where a run's entries are, for people: a path or a URL. */
  location(run: string): string;
  /** Makes sure, before anything is launched, that entries can be stored. @throws CndError when they cannot. */
  probe(run: string): Promise<void>;
  /**
   * Keeps the file at `path` as `name` of this run; replaces an earlier one whole or not at all.
   * @param signal Gives up: whoever waits has something more urgent to do than to wait for a network.
   */
  store(run: string, name: string, path: string, signal?: AbortSignal): Promise<void>;
  /** The ids of all runs in the archive, newest first; what is not a run is not listed. */
  runs(): Promise<string[]>;
  /** The entries of one run, sorted by name; empty when there is no such run. */
  entries(run: string): Promise<ArchiveEntry[]>;
  /** The bytes of an entry as they were stored. @throws CndError when there is no such entry. */
  read(run: string, name: string): Promise<Buffer>;
  /** Deletes a run with all its entries; idempotent. */
  remove(run: string): Promise<void>;
}
