import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { logsPlace } from '../../archive/directory-probe.ts';
import { type SeriesRecord, parseSeries } from '../../compare/series.ts';
import { CndError, UsageError, isMissing } from '../../error.ts';
import { withFileErrors } from '../../file-error.ts';
import { makeDirectory, readTextFile, replaceFile } from '../../file.ts';
import { isRunId } from '../../run-id.ts';
import { visible } from '../../text.ts';

/** Where series are kept in the logs directory; the dot hides it from those who look for runs. */
const folderName = '.cnd-series';

const extension = '.json';

/** The records of series in a logs directory: also with a bucket they are on this machine. */
export class SeriesStore {
  readonly #folder: string;

  constructor(logsDirectory: string) {
    this.#folder = join(logsDirectory, folderName);
  }

  /** Keeps a record, in place of an earlier one of the same series. @throws CndError */
  async save(record: SeriesRecord): Promise<void> {
    const path = this.#path(record.series);
    await withFileErrors(logsPlace, path, 'written', async () => {
      await makeDirectory(this.#folder);
      await replaceFile(path, `${JSON.stringify(record, undefined, 2)}\n`, { sync: true });
    });
  }

  /** The record of a series; undefined where there is none here. @throws CndError when it is damaged. */
  async load(series: string): Promise<SeriesRecord | undefined> {
    const path = this.#path(series);
    let text: string;
    try {
      text = await readTextFile(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      return withFileErrors(logsPlace, path, 'read', () => Promise.reject(error));
    }
    const record = parseSeries(text);
    if (record?.series === series) return record;
    throw new CndError('series-damaged', `${path} is not the record of a series`, {
      about: series,
      hint: `compare its runs by their ids: cnd compare --runs RUN,RUN`,
    });
  }

  /**
   * The series that is meant: its id, the beginning of one, or `last`; a whole id may be one that is not here.
   * @throws UsageError
   */
  async resolve(given: string): Promise<string> {
    if (isRunId(given)) return given;
    const all = await this.#list();
    const found = given === 'last' ? all.slice(-1) : all.filter((series) => series.startsWith(given));
    const [series, ...others] = found;
    if (series !== undefined && others.length === 0) return series;
    throw series === undefined
      ? new UsageError('unknown-series', `no series in ${this.#folder} begins with '${visible(given)}'`, {
          about: 'series',
          hint:
            all.length === 0
              ? 'make one with: cnd compare --N 1,2,4 --T 60 --D 6'
              : `the newest one is ${all.at(-1)}`,
        })
      : new UsageError(
          'ambiguous-series',
          `several series begin with '${visible(given)}': ${found.slice(-5).join(', ')}`,
          { about: 'series', hint: 'give more characters of it' },
        );
  }

  /** The ids of all series here, the newest last. */
  async #list(): Promise<string[]> {
    try {
      const names = await readdir(this.#folder);
      return names
        .filter((name) => name.endsWith(extension))
        .map((name) => name.slice(0, -extension.length))
        .filter(isRunId)
        .toSorted();
    } catch (error) {
      if (isMissing(error)) return [];
      return withFileErrors(logsPlace, this.#folder, 'read', () => Promise.reject(error));
    }
  }

  #path(series: string): string {
    return join(this.#folder, `${series}${extension}`);
  }
}
