import { join } from 'node:path';
import { resolveRun } from '../../archive/run-name.ts';
import { messageOf } from '../../error.ts';
import { journalName, reportName } from '../../event/file-name.ts';
import { privateMode, replaceFile } from '../../file.ts';
import { namedFileError, writeNamedFile } from '../logs/named-file.ts';
import { drawReport } from '../../view/report/report.ts';
import type { Arguments } from '../command.ts';
import { openArchive, text } from '../logs/logs.ts';

/** `cnd report RUN`: makes the report of a run again from its journal, and prints where it is; gives the exit code. */
export async function report(given: Arguments): Promise<number> {
  const archive = await openArchive(given);
  const run = await resolveRun(archive, text(given['run']) ?? '');
  const page = await drawReport(run, async () => (await archive.open(run, journalName)).setEncoding('utf8'));
  const output = text(given['output']);
  // What is in a bucket has no folder here: there it is written to the current directory.
  const path = output ?? (archive.spool ? `${run}.html` : join(archive.location(run), reportName));
  try {
    if (output === undefined && !archive.spool) await replaceFile(path, page, { mode: privateMode });
    else await writeNamedFile(path, page);
  } catch (error) {
    const message = `the report of ${run} cannot be written to ${path}: ${messageOf(error)}`;
    const detail = {
      about: path,
      hint: `write it elsewhere with: cnd report ${run} --output FILE`,
      cause: error,
    };
    throw namedFileError('report-failed', message, detail, output !== undefined);
  }
  process.stdout.write(`${path}\n`);
  return 0;
}
