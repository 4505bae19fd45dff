import { parseIndex } from '../run-id.ts';

/** What a run leaves in the archive, by name. Other names in a run's folder are not cnd's. */

/** The run record. */
export const recordName = 'run.json';

/** The journal: every event of the run, one JSON object a line. */
export const journalName = 'events.ndjson';

/** The newest checkpoint: what another machine needs to go on with the run. */
export const checkpointName = 'checkpoint.json';

/** The nth note that another run resumes this one: only the last counts. */
export function resumedName(number: number): string {
  return `resumed-${number}.json`;
}

/** The number in the name of such a note; undefined for any other name. */
export function resumedNumber(name: string): number | undefined {
  const [, number] = /^resumed-([1-9]\d*)\.json$/.exec(name) ?? [];
  return parseIndex(number);
}

/** The report: the journal as one page for a browser. */
export const reportName = 'report.html';

/** The syslog of the instance with this index, gzip-compressed. */
export function syslogName(index: number): string {
  return `Instance${index}.log.gz`;
}

/** The index in a syslog's name; undefined for any other name. */
export function syslogIndex(name: string): number | undefined {
  const [, index] = /^Instance(\d+)\.log\.gz$/.exec(name) ?? [];
  return parseIndex(index);
}
