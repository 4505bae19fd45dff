import pLimit from 'p-limit';
import type { RunId } from '../../run-id.ts';
import type { Archive, ArchiveIndex, RunFilter } from '../archive.ts';
import { ownEntriesOf, unstoredRuns } from '../spooled.ts';
import { type RunSummary, summaryOf, unreadable } from '../summary.ts';
import { type IndexEntry, parseIndexName, runOf } from './name.ts';
import { enterRecord } from './update.ts';

/** How runs are listed. */
export interface ListOptions {
  /** The newest so many of those that match; by default all. */
  readonly limit?: number;
  /** Which of the runs that the filter lets through; by default all. */
  readonly matches?: (summary: RunSummary) => boolean;
  /** Told of every run whose record had to be read, with what has changed in the index for it. */
  readonly onRead?: (run: RunId) => void;
  /** Told once that the index cannot be written: it is as right as before, and no faster the next time. */
  readonly onUnwritable?: (error: unknown) => void;
  /** Believes no entry: reads every record. */
  readonly isRebuild?: boolean;
}

/** Records read at a time: enough to hide the round trips of a remote store. */
const parallel = 16;

/** Runs looked at together: what one request to S3 lists. */
const most = 1000;

/**
 * The runs that the filter lets through, newest first. What the index says of runs that are there is believed; of others the
 * record is read, and the index completed. So an index that is lost, or lacks what somebody wrote without one, costs time once.
 * Only as much is listed as is needed. `alive` holds the runs whose controllers are at work here. Folders that hold nothing of
 * a run are told to `filter.foreign`.
 */
export async function summaries(
  archive: Archive,
  filter: RunFilter,
  alive: ReadonlySet<string>,
  { limit = Infinity, matches = () => true, ...options }: ListOptions = {},
): Promise<RunSummary[]> {
  const { foreign, ...bounds } = filter;
  const told = new Set<string>();
  const tellOnce = (name: string): void => {
    if (!told.has(name)) foreign?.(name);
    told.add(name);
  };
  // Their records here are never older than what is stored elsewhere.
  const waiting = new Set<string>(archive.spool ? await unstoredRuns(archive.spool, bounds) : []);
  const reader = new Reader(archive, alive, waiting, tellOnce, options);
  const groups = grouped(archive.index.names(bounds, limit + 1));
  const found: RunSummary[] = [];
  let { before } = bounds;
  for (let isLast = false; !isLast && found.length < limit;) {
    const page = await take(groups, Math.min(most, limit - found.length));
    const oldest = page.at(-1)?.run;
    isLast = page.length === 0;
    // Listed after the index: an entry without a run is of one that has been removed.
    const range: RunFilter = {
      ...bounds,
      ...(before !== undefined && { before }),
      ...(oldest !== undefined && { notBefore: oldest }),
      ...(foreign && { foreign: tellOnce }),
    };
    const wanted = limit - found.length;
    found.push(...(await reader.read(archive.runs(range), page, { wanted, matches })));
    before = oldest;
  }
  return found.slice(0, limit);
}

/** The same with all that the records say: those of runs whose entry is shortened are read. */
export async function wholeSummaries(
  archive: Archive,
  runs: readonly RunSummary[],
  alive: ReadonlySet<string>,
): Promise<RunSummary[]> {
  const reading = pLimit(parallel);
  return Promise.all(
    runs.map(async (summary) =>
      summary.isShortened === true
        ? reading(() => summaryOf(archive, summary.run, alive.has(summary.run)))
        : summary,
    ),
  );
}

/** The entries of one run. */
interface Group {
  readonly run: RunId;
  readonly names: readonly string[];
}

/** Names that are of one run follow each other. */
async function* grouped(names: AsyncIterable<string>): AsyncGenerator<Group> {
  let open: { readonly run: RunId; readonly names: string[] } | undefined;
  for await (const name of names) {
    const run = runOf(name);
    if (run === undefined) continue;
    if (open?.run === run) open.names.push(name);
    else {
      if (open) yield open;
      open = { run, names: [name] };
    }
  }
  if (open) yield open;
}

async function take(groups: AsyncGenerator<Group>, number: number): Promise<Group[]> {
  const taken: Group[] = [];
  while (taken.length < number) {
    const next = await groups.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

/** Makes summaries of runs, from what the index says of them or from their records, and puts the index right. */
class Reader {
  readonly #archive: Archive;
  readonly #alive: ReadonlySet<string>;
  readonly #waiting: ReadonlySet<string>;
  readonly #foreign: (name: string) => void;
  readonly #options: ListOptions;
  readonly #limit = pLimit(parallel);
  #isWritable = true;

  constructor(
    archive: Archive,
    alive: ReadonlySet<string>,
    waiting: ReadonlySet<string>,
    foreign: (name: string) => void,
    options: ListOptions,
  ) {
    this.#archive = archive;
    this.#alive = alive;
    this.#waiting = waiting;
    this.#foreign = foreign;
    this.#options = options;
  }

  /**
   * What is known of the first so many of these runs that match; `page` holds all entries that there are of them, and perhaps
   * some of runs that are gone.
   */
  async read(
    runs: AsyncIterable<RunId>,
    page: readonly Group[],
    { wanted, matches }: { readonly wanted: number; readonly matches: (summary: RunSummary) => boolean },
  ): Promise<RunSummary[]> {
    const named = new Map(page.map(({ run, names }) => [run, names]));
    const found: RunSummary[] = [];
    let reading: Promise<RunSummary | undefined>[] = [];
    const settle = async (): Promise<void> => {
      const read = await Promise.all(reading);
      found.push(...read.filter((summary) => summary !== undefined).filter(matches));
      reading = [];
    };
    for await (const run of runs) {
      const names = named.get(run) ?? [];
      named.delete(run);
      const read = this.#limit(() => this.#summary(run, names));
      // It is looked at a little later; until then nobody may take a failure for one that is not handled.
      read.catch(() => {});
      reading.push(read);
      if (reading.length >= Math.min(most, wanted - found.length)) await settle();
      if (found.length >= wanted) return found;
    }
    await settle();
    await this.#write((index) => index.drop([...named.values()].flat()));
    return found;
  }

  async #summary(run: RunId, names: readonly string[]): Promise<RunSummary | undefined> {
    const entries = names.map(parseIndexName).filter((entry) => entry !== undefined);
    const [entry] = entries;
    if (entry && entries.length === 1 && !this.#waiting.has(run) && (await this.#isCurrent(entry))) {
      const { record, isShortened } = entry;
      const status = record.ended?.outcome ?? 'unfinished';
      return { run, status, startedAt: record.startedAt, record, ...(isShortened && { isShortened }) };
    }
    return this.#fromRecord(run, names);
  }

  async #isCurrent({ run, stamp }: IndexEntry): Promise<boolean> {
    return this.#options.isRebuild !== true && stamp === (await this.#archive.index.stamp(run));
  }

  async #fromRecord(run: RunId, names: readonly string[]): Promise<RunSummary | undefined> {
    const isAlive = this.#alive.has(run);
    const summary = await summaryOf(this.#archive, run, isAlive);
    const { record, status } = summary;
    if (record?.ended && !this.#waiting.has(run)) {
      this.#options.onRead?.(run);
      // Those of other versions of cnd are for them.
      const ours = names.filter((name) => parseIndexName(name) !== undefined);
      await this.#write((index) => enterRecord(index, record, ours));
    }
    if (status !== 'torn') return summary;
    try {
      if ((await ownEntriesOf(this.#archive, run)).length > 0) return summary;
    } catch (error) {
      return unreadable(run, error, isAlive);
    }
    this.#foreign(run);
    return undefined;
  }

  /** Who may only read lists runs all the same. */
  async #write(write: (index: ArchiveIndex) => Promise<void>): Promise<void> {
    if (!this.#isWritable) return;
    try {
      await write(this.#archive.index);
    } catch (error) {
      if (this.#isWritable) this.#options.onUnwritable?.(error);
      this.#isWritable = false;
    }
  }
}
