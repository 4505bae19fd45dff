import { resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import pLimit from 'p-limit';
import type { Archive } from '../../../archive/archive.ts';
import { summaries } from '../../../archive/index/listing.ts';
import { CndError, UsageError, messageOf } from '../../../error.ts';
import { recordName } from '../../../event/file-name.ts';
import { parseRecord } from '../../../event/record.ts';
import { namedFileError, writeNamedFile } from '../named-file.ts';
import { plural } from '../../../quantity.ts';
import { runsUnderWay } from '../../../state/under-way.ts';
import { StreamSink } from '../../../view/text-sink.ts';
import type { Arguments } from '../../command.ts';
import { openArchive, text, warn } from '../logs.ts';
import { choiceOf, listFilter, listMatch } from '../filter.ts';
import { type TableColumn, type RunRow, instanceColumns, runColumns } from './column.ts';
import { csv } from './csv.ts';
import { parquet } from './parquet.ts';

/** Records read at a time. */
const parallel = 16;

const formats = ['csv', 'parquet'] as const;
const tables = ['runs', 'instances'] as const;

/** `cnd logs export`: the runs of the archive as a table for other programs, the oldest first; gives the exit code. */
export async function exportLogs(given: Arguments): Promise<number> {
  const format = choiceOf('format', given['format'], formats) ?? 'csv';
  const table = choiceOf('rows', given['rows'], tables) ?? 'runs';
  const out = text(given['out']);
  if (format === 'parquet' && out === undefined && process.stdout.isTTY)
    throw new UsageError('binary-output', 'Parquet is not for a terminal', {
      about: 'format',
      hint: 'give --out FILE, or pipe it somewhere',
    });
  const filter = listFilter(given, new Date());
  const matches = listMatch(given);
  const archive = await openArchive(given);
  const runs = await rowsOf(archive, await summariesOf(archive, filter, matches));
  const content =
    table === 'runs'
      ? await written(format, runColumns, runs)
      : await written(
          format,
          instanceColumns,
          runs.flatMap(({ record }) =>
            (record.instances ?? []).map((instance) => ({ run: record.run, instance })),
          ),
        );
  await store(content, out);
  const lacking = runs.filter(({ record }) => record.instances === undefined);
  if (table === 'instances' && lacking.length > 0)
    warn(plural(lacking.length, 'run'), 'have no instances in their records, which an older cnd wrote');
  if (out !== undefined) process.stdout.write(`${plural(runs.length, 'run')} exported to ${resolve(out)}\n`);
  return 0;
}

async function summariesOf(
  archive: Archive,
  filter: ReturnType<typeof listFilter>,
  matches: ReturnType<typeof listMatch>,
): Promise<Awaited<ReturnType<typeof summaries>>> {
  const runs = await summaries(archive, filter, await runsUnderWay(process.env), { matches });
  return runs.toReversed();
}

/** Rows of the runs whose records can be read; the others are named. */
async function rowsOf(
  archive: Archive,
  runs: Awaited<ReturnType<typeof summaries>>,
): Promise<RunRow[]> {
  const limit = pLimit(parallel);
  const rows = await Promise.all(
    runs.map(({ run, status }) =>
      limit(async (): Promise<RunRow | undefined> => {
        try {
          const record = parseRecord(await readText(await archive.open(run, recordName)));
          if (record?.run === run) return { record, status };
          warn(run, 'is skipped: its record is damaged');
        } catch (error) {
          if (!(error instanceof CndError)) throw error;
          warn(run, `is skipped: ${error.message}`);
        }
        return undefined;
      }),
    ),
  );
  return rows.filter((row) => row !== undefined);
}

async function written<Row>(
  format: (typeof formats)[number],
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
): Promise<Uint8Array> {
  return format === 'csv' ? Buffer.from(csv(columns, rows)) : parquet(columns, rows);
}

async function store(content: Uint8Array, out: string | undefined): Promise<void> {
  if (out === undefined) {
    const sink = new StreamSink(process.stdout);
    await sink.write(content);
    await sink.close();
    return;
  }
  try {
    await writeNamedFile(resolve(out), content);
  } catch (error) {
    throw namedFileError('export-failed', `${resolve(out)} cannot be written: ${messageOf(error)}`, {
      about: 'out',
      hint: 'give another --out FILE',
      cause: error,
    });
  }
}
