import { journalName } from '../../event/file-name.ts';
import { exitCodes } from '../../event/outcome.ts';
import { UsageError } from '../../error.ts';
import { visible } from '../../text.ts';
import { headline } from '../../view/summary.ts';
import { type WatchEnd, watchInBrowser } from '../../view/web/web-watch.ts';
import { onceAborted } from '../../wait.ts';
import { findJournal } from '../attach/journal-source.ts';
import type { Arguments } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import { warnUnread } from '../logs/unread.ts';

/**
 * `cnd watch RUN`: serves the live report of a run to browsers on this machine, until the run ends. Leaving it does not end
 * the run. Gives the run's exit code, or that of the signal that ended the watch.
 * @throws UsageError for a run that has ended; CndError `port-unusable`, `controller-gone`
 */
export async function watch(given: Arguments): Promise<number> {
  const port = portOf(given['port']);
  const source = await findJournal(given, process.env);
  const { run, start } = source;
  if (source.isArchived)
    throw new UsageError('run-ended', `run ${run} has ended: there is nothing to watch`, {
      about: run,
      hint: `see its report: cnd report ${run}`,
    });
  const leaving = new AbortController();
  let watching: Promise<WatchEnd> | undefined;
  let end: WatchEnd | undefined;
  const code = await interruptible(async (signal) => {
    onceAborted(signal, () => leaving.abort());
    const read = (reading: AbortSignal) => source.read(reading);
    watching = watchInBrowser(
      { run, start, read, port, awaitsScram: true, onAddress: tellAddress },
      leaving.signal,
    );
    end = await watching;
    return exitCodes.found;
  });
  // The pages are told why nothing more comes.
  end ??= await watching;
  if (leaving.signal.aborted) return code;
  if (end) warnUnread(`${run}/${journalName}`, end.unread);
  const ended = end?.ended;
  if (!ended) throw await source.whyUnended();
  process.stderr.write(`cnd: ${run} has ended: ${headline(ended)}; its report: cnd report ${run}\n`);
  const { exitCode } = ended;
  // A process has no others: a journal may say anything.
  return exitCode >= 0 && exitCode <= 255 ? exitCode : exitCodes.failed;
}

/** The address holds the token: it is printed once, on stderr only. */
function tellAddress(address: string): void {
  process.stderr.write(`${address}\n`);
}

/** @throws UsageError */
function portOf(given: unknown): number {
  if (typeof given !== 'string') return 0;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError('bad-flag', `--port is '${visible(given)}': not a port from 0 to 65535`, {
    about: 'port',
    hint: 'omit it for any that is free',
  });
}
