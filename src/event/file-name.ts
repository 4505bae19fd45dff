import { parseIndex } from '../run-id.ts';

/** What a run leaves in the archive, by name. Other names in a run's folder are not cnd's. */

/** The run record. */
export const recordName = 'run.json';

/** The journal: every event of the run, one JSON object a line. */
export const journalName = 'events.ndjson';

/** The newest checkpoint: what another machine needs to go on with the run. */
export const checkpointName = 'checkpoint.json';

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
