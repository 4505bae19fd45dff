import { isatty } from 'node:tty';
import { isUnknownRun } from '../../archive/run-name.ts';
import { UsageError } from '../../error.ts';
import { journalName } from '../../event/file-name.ts';
import { noneUnread, readJournal } from '../../event/journal-reader.ts';
import { exitCodes } from '../../event/outcome.ts';
import { Display } from '../../view/display/display.ts';
import { visible } from '../../text.ts';
import { onceAborted } from '../../wait.ts';
import type { Arguments } from '../command.ts';
import { attachDetached } from '../detached/attach.ts';
import { type FoundDetachedRun, findDetachedRun, namedPlace } from '../detached/find.ts';
import { text } from '../logs/logs.ts';
import { interruptible } from '../interruptible.ts';
import { warnUnread } from '../logs/unread.ts';
import { displayMode } from '../start/display-mode.ts';
import { type JournalSource, findJournal } from './journal-source.ts';

/**
 * `cnd attach RUN`: shows a run from its journal, as it grows, until it ends. It only views: whatever becomes of it, the run
 * goes on. Gives the run's exit code, or 0 when whoever watches has left.
 * @throws CndError `controller-gone` when the run can have no end any more.
 */
export async function attach(given: Arguments): Promise<number> {
  const detached = await namedDetached(given);
  if (detached) return attachDetached(detached, given);
  let source: JournalSource;
  try {
    source = await findJournal(given, process.env);
  } catch (error) {
    // A run that nobody has driven here, or recorded yet, may search by itself.
    const found = isUnknownRun(error) && (await findDetachedRun(text(given['run']) ?? '', {}, process.env));
    if (!found) throw error;
    return attachDetached(found, given);
  }
  const leaving = new AbortController();
  const mode = displayMode(given);
  const display = new Display(
    {
      // What is over is drawn at once: nothing of it moves.
      mode: mode === 'live' && source.isArchived ? 'plain' : mode,
      verbose: given['verbose'] === true,
      start: source.start,
      keyboard: isatty(0) && isatty(2) && !source.isArchived,
      viewer: true,
    },
    {
      onQuit: () => leaving.abort(),
      onStdoutClosed: (code) => {
        if (mode === 'json' && code === 'EPIPE') leaving.abort();
      },
    },
  );
  const unread = noneUnread();
  let exitCode: number | undefined;
  let code: number;
  try {
    code = await interruptible(async (signal) => {
      const off = onceAborted(signal, () => leaving.abort());
      for await (const event of readJournal(source.read(leaving.signal), unread)) {
        if (leaving.signal.aborted) break;
        display.show(event);
        if (event.event !== 'run.ended') continue;
        exitCode = event.exitCode;
        break;
      }
      off();
      return exitCodes.found;
    });
  } finally {
    await display.close();
  }
  if (code !== exitCodes.found || leaving.signal.aborted) return code;
  warnUnread(`${source.run}/${journalName}`, unread);
  if (exitCode === undefined) throw await source.whyUnended();
  if (display.hasFailed) return exitCodes.failed;
  // A process has no others: a journal may say anything.
  return exitCode >= 0 && exitCode <= 255 ? exitCode : exitCodes.failed;
}

/** The detached run that is meant where flags say on which cluster to look. @throws UsageError when there is none. */
async function namedDetached(given: Arguments): Promise<FoundDetachedRun | undefined> {
  const place = namedPlace(given);
  if (!place) return undefined;
  const named = text(given['run']) ?? '';
  const found = await findDetachedRun(named, place, process.env);
  if (found) return found;
  throw new UsageError('unknown-run', `there is no detached run '${visible(named)}' there`, {
    about: 'run',
    hint: 'list the runs with: cnd ps --context CONTEXT --namespace NAMESPACE',
  });
}
