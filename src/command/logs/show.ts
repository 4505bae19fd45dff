import pLimit from 'p-limit';
import type { Archive } from '../../archive/archive.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { openSyslog, syslogLines } from '../../archive/syslog.ts';
import { visible } from '../../text.ts';
import { UsageError } from '../../error.ts';
import { runStart } from '../../run-id.ts';
import { logLine, taggedLine } from '../../view/log/line.ts';
import { type LogSource, mergeByTime } from '../../view/log/merge.ts';
import { Pager } from '../../view/pager.ts';
import { StreamSink } from '../../view/text-sink.ts';
import type { Arguments } from '../command.ts';
import { type SyslogEntry, warn, keptOf, openArchive, text } from './logs.ts';

/** Syslogs opened in the archive at a time. */
const parallel = 16;

/** `cnd logs show RUN [K]`: the syslogs of a run; gives the exit code, 1 when there may be more. */
export async function show(given: Arguments): Promise<number> {
  const archive = await openArchive(given);
  const run = await resolveRun(archive, text(given['run']) ?? '');
  const { syslogs: all, isPartial } = await keptOf(archive, run);
  const chosen = choose(run, all, text(given['k']));
  // Said when the pager has left the terminal.
  const errors: [string, string][] = [];
  const sources = await open(archive, run, chosen, (name, reason) => errors.push([`${run}/${name}`, reason]));
  const sink = process.stdout.isTTY ? await Pager.open(process.env) : new StreamSink(process.stdout);
  const highest = Math.max(0, ...all.map(({ instance }) => instance));
  const lines = mergeByTime(sources, run, runStart(run)?.getTime() ?? 0);
  for await (const { instance, line } of lines) {
    const shown = given['k'] === undefined ? taggedLine(instance, line, highest) : logLine(line);
    if (!(await sink.write(`${shown}\n`))) break;
  }
  await sink.close();
  for (const [about, reason] of errors) warn(about, reason);
  return isPartial ? 1 : 0;
}

async function open(
  archive: Archive,
  run: string,
  entries: readonly SyslogEntry[],
  onError: (name: string, reason: string) => void,
): Promise<LogSource[]> {
  const limit = pLimit(parallel);
  const sources = await Promise.all(
    entries.map((entry) =>
      limit(async () => {
        const tell = (reason: string): void => onError(entry.name, reason);
        const source = await openSyslog(archive, run, entry, tell);
        return source && { instance: entry.instance, lines: syslogLines(source, tell) };
      }),
    ),
  );
  return sources.filter((source) => source !== undefined);
}

function choose(run: string, all: readonly SyslogEntry[], k: string | undefined): readonly SyslogEntry[] {
  if (all.length === 0)
    throw new UsageError('no-syslog', `run ${run} has no syslogs`, {
      about: run,
      hint: 'they are archived when a run ends: check its state with: cnd logs ls',
    });
  if (k === undefined) return all;
  const found = all.find(({ instance }) => String(instance) === k.replace(/^#/, ''));
  if (found) return [found];
  throw new UsageError('unknown-instance', `run ${run} has no syslog of instance '${visible(k)}'`, {
    about: k,
    hint: `it has those of ${indices(all)}: for example cnd logs show ${run} ${all[0]?.instance ?? 0}`,
  });
}

/** `0–7, 9`: which instances there are. */
function indices(entries: readonly SyslogEntry[]): string {
  const ranges: [number, number][] = [];
  for (const { instance } of entries) {
    const last = ranges.at(-1);
    if (last && last[1] === instance - 1) last[1] = instance;
    else ranges.push([instance, instance]);
  }
  return ranges.map(([lo, hi]) => (lo === hi ? `${lo}` : `${lo}–${hi}`)).join(', ');
}
