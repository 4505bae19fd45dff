import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { entryKind } from '../../archive/entry.ts';
import { makeArchive } from '../../archive/registry.ts';
import { unstoredRuns } from '../../archive/spooled.ts';
import { resolveLogs } from '../../config/logs.ts';
import { isAlive } from '../../state/process.ts';
import { listRunStates } from '../../state/run-state.ts';
import { printable } from '../../text.ts';
import type { Arguments } from '../command.ts';

/** The archive that the configuration names. */
export async function openArchive(given: Arguments): Promise<Archive> {
  const { logs, aws } = await resolveLogs(text(given['config']));
  return makeArchive(logs, aws, process.env);
}

/** The runs of this user whose controllers are at work on this machine. */
export async function runsUnderWay(env: NodeJS.ProcessEnv): Promise<ReadonlySet<string>> {
  const states = await listRunStates(env);
  return new Set(states.filter(({ controller }) => isAlive(controller)).map(({ run }) => run));
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
export function complain(about: string, reason: string): void {
  process.stderr.write(`cnd: ${printable(about)} ${printable(reason)}\n`);
}

/** A syslog in the archive. */
export interface SyslogEntry extends ArchiveEntry {
  readonly instance: number;
}

/** The syslogs of a run by instance; what is not of a run is named and skipped. */
export async function syslogsOf(archive: Archive, run: string): Promise<SyslogEntry[]> {
  const { syslogs } = await sorted(archive, run);
  return syslogs;
}

/** The entries that cnd stored of a run; others are named and skipped. */
export async function ownEntries(archive: Archive, run: string): Promise<ArchiveEntry[]> {
  const { own } = await sorted(archive, run);
  return own;
}

async function sorted(
  archive: Archive,
  run: string,
): Promise<{ readonly own: ArchiveEntry[]; readonly syslogs: SyslogEntry[] }> {
  const own: ArchiveEntry[] = [];
  if ((await waitingRuns(archive, run)).length > 0)
    complain(run, `is read from ${archive.spool?.location(run)}: store it with: cnd logs push ${run}`);
  const syslogs: SyslogEntry[] = [];
  for (const entry of await archive.entries(run)) {
    const what = entryKind(entry.name);
    if (!what) complain(`${run}/${entry.name}`, 'is not of a run: skipped');
    else own.push(entry);
    if (what?.kind === 'syslog') syslogs.push({ ...entry, instance: what.instance });
  }
  return { own, syslogs: syslogs.toSorted((a, b) => a.instance - b.instance) };
}

/** An argument as text; undefined when it was not given. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
