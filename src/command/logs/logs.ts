import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { entryKind } from '../../archive/entry.ts';
import { makeArchive } from '../../archive/registry.ts';
import { unstoredRuns } from '../../archive/spooled.ts';
import { messageOf } from '../../error.ts';
import { resolveLogs } from '../../config/logs.ts';
import { runsUnderWay } from '../../state/under-way.ts';
import { printable } from '../../text.ts';
import type { Arguments } from '../command.ts';

/** The archive that the configuration names. */
export async function openArchive(given: Arguments): Promise<Archive> {
  const { logs, aws } = await resolveLogs(text(given['config']));
  return makeArchive(logs, aws, process.env);
}

/** What the configuration says of how long runs are kept. */
export async function retentionOf(given: Arguments): Promise<string | undefined> {
  return (await resolveLogs(text(given['config']))).logs.keep;
}

/**
 * The runs that are over, and of which something is only here, newest first: an upload failed, or the controller died.
 * `run`: only that one.
 */
export async function waitingRuns({ spool }: Archive, run?: string): Promise<string[]> {
  if (!spool) return [];
  const runs = await unstoredRuns(spool, run === undefined ? {} : { prefix: run });
  if (runs.length === 0) return runs;
  const alive = await runsUnderWay(process.env);
  return runs.filter((id) => !alive.has(id));
}

/** Says what is wrong with something in the archive, and goes on. */
export function warn(about: string, reason: string): void {
  process.stderr.write(`cnd: ${printable(about)} ${printable(reason)}\n`);
}

/** A syslog in the archive. */
export interface SyslogEntry extends ArchiveEntry {
  readonly instance: number;
}

/** What cnd keeps of a run, as far as it can be listed. */
export interface Kept {
  readonly entries: readonly ArchiveEntry[];
  /** By instance. */
  readonly syslogs: readonly SyslogEntry[];
  /** A part of the archive could not be listed, which was said: there may be more. */
  readonly isPartial: boolean;
}

/** The entries that cnd stored of a run; others are named and skipped. */
export async function keptOf(archive: Archive, run: string): Promise<Kept> {
  if ((await waitingRuns(archive, run)).length > 0)
    warn(run, `is not fully uploaded, reading it from ${archive.spool?.location(run)}; upload it with: cnd logs push ${run}`);
  let isPartial = false;
  const all = await archive.entries(run, (error) => {
    isPartial = true;
    const where = archive.location(run);
    warn(run, `may have more in ${where}, which cannot be listed: ${messageOf(error)}`);
  });
  const entries: ArchiveEntry[] = [];
  const syslogs: SyslogEntry[] = [];
  for (const entry of all) {
    const what = entryKind(entry.name);
    if (!what) warn(`${run}/${entry.name}`, 'is not a file of cnd: skipped');
    else entries.push(entry);
    if (what?.kind === 'syslog') syslogs.push({ ...entry, instance: what.instance });
  }
  return { entries, syslogs: syslogs.toSorted((a, b) => a.instance - b.instance), isPartial };
}

/** An argument as text; undefined when it was not given. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
