import { recordName } from '../../event/file-name.ts';
import { type RecordSummary, parseRecordSummary } from '../../event/record.ts';
import { readTextFile } from '../../file.ts';
import { isRunId } from '../../run-id.ts';
import { unlessAborted } from '../../wait.ts';
import type { ArchiveIndex } from '../archive.ts';
import { indexName } from './name.ts';

// How the index follows the archive. An entry that is missing costs whoever lists runs the reading of a record; one that is
// wrong would be believed. So an entry goes before its record changes, and comes after it has.

/** Something that is stored. */
interface Stored {
  readonly run: string;
  readonly name: string;
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

/** Stores a file by `store`; that of a record is in the index afterwards, as far as the index can be written. */
export async function storeIndexed(
  index: ArchiveIndex,
  { run, name, path, signal = new AbortController().signal }: Stored,
  store: () => Promise<void>,
): Promise<void> {
  if (name !== recordName) return store();
  // What cannot be read the store says better.
  const record = parseRecordSummary(await readTextFile(path).catch(() => ''));
  await unlessAborted(withdraw(index, run, record), signal);
  await store();
  if (record?.run === run) await unlessAborted(enterRecord(index, record), signal).catch(() => {});
}

/** Adds the entry of a record as it is in the archive, in place of others. */
export async function enterRecord(
  index: ArchiveIndex,
  record: RecordSummary,
  others: readonly string[] = [],
): Promise<void> {
  const name = indexName(record, await index.stamp(record.run));
  if (name !== undefined) await index.add(name);
  const wrong = others.filter((other) => other !== name);
  if (wrong.length > 0) await index.drop(wrong);
}

/** Takes the entries of a run out, but for that of this record. Never rejects: who lists the runs looks again. */
export async function withdraw(index: ArchiveIndex, run: string, keep?: RecordSummary): Promise<void> {
  if (!isRunId(run)) return;
  try {
    const names: string[] = [];
    const kept = keep && indexName(keep, await index.stamp(run));
    for await (const name of index.names({ prefix: run })) if (name !== kept) names.push(name);
    if (names.length > 0) await index.drop(names);
  } catch {
    // What is left is seen to be of no run, or of another record, when it is read.
  }
}
