import { isatty } from 'node:tty';
import { makeArchive } from '../../archive/registry.ts';
import { exitCodes } from '../../event/outcome.ts';
import { runResult } from '../../run/result.ts';
import { Display } from '../../view/display/display.ts';
import { onceAborted } from '../../wait.ts';
import type { Arguments } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import { displayMode } from '../start/display-mode.ts';
import type { FoundDetachedRun } from './find.ts';
import { followDetached, readDetachedContext } from './follow.ts';

/**
 * `cnd attach` of a detached run: shows it until it has ended, from any machine. It only views: record and cleanup are for
 * `cnd resume`. Gives the run's exit code, or 0 when whoever watches has left.
 */
export async function attachDetached(run: FoundDetachedRun, given: Arguments): Promise<number> {
  const { env } = process;
  const context = await readDetachedContext(run, given, env);
  const { config, startedAt } = context;
  const archive = await makeArchive(config.logs, config.aws, env);
  const leaving = new AbortController();
  const mode = displayMode(given);
  const isOver = run.found.endedAt !== undefined;
  const display = new Display(
    {
      mode: mode === 'live' && isOver ? 'plain' : mode,
      verbose: given['verbose'] === true,
      start: startedAt.getTime(),
      keyboard: isatty(0) && isatty(2) && !isOver,
      viewer: true,
    },
    {
      onQuit: () => leaving.abort(),
      onStdoutClosed: (code) => {
        if (mode === 'json' && code === 'EPIPE') leaving.abort();
      },
    },
  );
  try {
    return await interruptible(async (signal) => {
      const off = onceAborted(signal, () => leaving.abort());
      const { history } = await followDetached(run, context, archive, display, leaving.signal);
      off();
      const id = run.found.run;
      if (!history.endedAt) return exitCodes.found;
      display.line(
        `run ${id} has ended; record its result, and delete what is left of it, with: cnd resume ${id}`,
      );
      return runResult(history.ending(), history.search.best, false).exitCode;
    });
  } finally {
    await display.close();
  }
}
