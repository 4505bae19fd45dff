import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { journalName, reportName } from '../../event/file-name.ts';
import { replaceFile } from '../../file.ts';

/**
 * Draws the report of a run that is over into its folder, from the journal there. What draws is loaded only now.
 * @throws the error of the file system, with no report left behind.
 */
export async function writeReport(run: string, folder: string): Promise<void> {
  const { drawReport } = await import('../../view/report/report.ts');
  const open = async () => createReadStream(join(folder, journalName), { encoding: 'utf8' });
  await replaceFile(join(folder, reportName), await drawReport(run, open));
}
