import { CndError } from '../error.ts';
import {
  checkpointName,
  journalName,
  recordName,
  reportName,
  resumedNumber,
  syslogIndex,
} from '../event/file-name.ts';
import { isRunId } from '../run-id.ts';

/** What an entry of a run is, as its name tells. */
export type EntryKind =
  | { readonly kind: 'syslog'; readonly instance: number }
  | { readonly kind: 'journal' }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'record' }
  | { readonly kind: 'resumed'; readonly number: number }
  | { readonly kind: 'report' };

/** What an entry is; undefined for a name that cnd did not give. */
export function entryKind(name: string): EntryKind | undefined {
  if (name === recordName) return { kind: 'record' };
  if (name === journalName) return { kind: 'journal' };
  if (name === checkpointName) return { kind: 'checkpoint' };
  if (name === reportName) return { kind: 'report' };
  const number = resumedNumber(name);
  if (number !== undefined) return { kind: 'resumed', number };
  const instance = syslogIndex(name);
  return instance === undefined ? undefined : { kind: 'syslog', instance };
}

/** The media type an entry is stored with, where a store keeps one. Compressed logs are objects of their own type. */
export function mediaType({ kind }: EntryKind): string {
  const types = {
    syslog: 'application/gzip',
    journal: 'application/x-ndjson',
    record: 'application/json',
    checkpoint: 'application/json',
    resumed: 'application/json',
    report: 'text/html; charset=utf-8',
  };
  return types[kind];
}

/** What an entry of a run is, before its name becomes part of a path or a key. @throws CndError for what cnd does not name so */
export function requireEntry(run: string, name: string): EntryKind {
  const kind = isRunId(run) ? entryKind(name) : undefined;
  if (kind) return kind;
  throw new CndError('archive-bad-name', `${run}/${name} cannot be the name of an archive entry`);
}

/** The error of an entry that is not there. */
export function noEntry(location: string, run: string, name: string, cause: unknown): CndError {
  return new CndError('archive-no-entry', `${location} has no ${name}`, {
    about: `${run}/${name}`,
    hint: 'list the runs with: cnd logs ls',
    cause,
  });
}

/** Refuses what is not a run id, before it becomes part of a path. @throws CndError */
export function assertRunId(run: string): void {
  if (!isRunId(run))
    throw new CndError('archive-no-run', `${run} is not a run id`, {
      about: run,
      hint: 'list the runs with: cnd logs ls',
    });
}
