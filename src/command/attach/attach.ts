import { isatty } from 'node:tty';
import { journalName } from '../../event/file-name.ts';
import { noneUnread, readJournal } from '../../event/journal-reader.ts';
import { exitCodes } from '../../event/outcome.ts';
import { Display } from '../../view/display/display.ts';
import { onceAborted } from '../../wait.ts';
import type { Arguments } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import { warnUnread } from '../logs/unread.ts';
import { displayMode } from '../start/display-mode.ts';
import { findJournal } from './journal-source.ts';

/**
 * `cnd attach RUN`: shows a run from its journal, as it grows, until it ends. It only views: whatever becomes of it, the run
 * goes on. Gives the run's exit code, or 0 when whoever watches has left.
 * @throws CndError `controller-gone` when the run can have no end any more.
 */
export async function attach(given: Arguments): Promise<number> {
  const source = await findJournal(given, process.env);
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
  if (code !== exitCodes.found || (leaving.signal.aborted && exitCode === undefined)) return code;
  warnUnread(`${source.run}/${journalName}`, unread);
  if (exitCode === undefined) throw await source.whyUnended();
  if (display.hasFailed) return exitCodes.failed;
  // A process has no others: a journal may say anything.
  return exitCode >= 0 && exitCode <= 255 ? exitCode : exitCodes.failed;
}
