import { isatty } from 'node:tty';
import { exitCodes } from '../../event/outcome.ts';
import type { View } from '../../event/view.ts';
import type { Interrupts } from '../../run/interrupt.ts';
import type { Ask } from '../../run/plan/confirmation.ts';
import { Display } from '../../view/display/display.ts';
import type { DisplaySettings } from '../../view/display/message.ts';
import { WebProcess, type WebProcessSettings } from '../../view/web/web-process.ts';
import type { Arguments } from '../command.ts';
import { signalExitCodes } from '../interruptible.ts';
import { displayMode } from './display-mode.ts';

/** What shows a run that is under way, and may ask whoever watches. */
export interface RunView extends View {
  /** Whether stdout did not take what belongs there. */
  readonly hasFailed: boolean;
  readonly ask: Ask;
  /** Prints a line that is no event: it is in no journal, and not on stdout. */
  readonly line: (text: string) => void;
}

/** Shows a run as its flags say; whoever watches may end it. */
export function runDisplay(
  flags: Arguments,
  settings: Pick<DisplaySettings, 'start' | 'plan'>,
  interrupts: Interrupts,
): Display {
  const mode = displayMode(flags);
  const display = new Display(
    { ...settings, mode, verbose: flags['verbose'] === true, keyboard: isatty(0) && isatty(2) },
    {
      onQuit: () => interrupts.raise({ name: 'SIGINT', exitCode: signalExitCodes.SIGINT }),
      onStdoutClosed: (code) => {
        // Only the summary goes to stdout otherwise, when everything is over. What is not read may still find its nonce.
        if (mode !== 'json' || code !== 'EPIPE') return;
        display.line('cnd: nobody reads stdout any more: the run is ended');
        interrupts.raise({ name: 'stdout was closed', exitCode: exitCodes.failed });
      },
    },
  );
  return display;
}

/**
 * All that shows a run: its display, and with `--web` the live report. `folder` is where the journal is, `start` the moment T
 * counts from, in milliseconds since the epoch.
 */
export function runViews(
  flags: Arguments,
  { run, start, folder }: WebProcessSettings,
  display: RunView,
): readonly View[] {
  if (flags['web'] !== true || flags['dry-run'] === true) return [display];
  const web = new WebProcess({ run, start, folder }, (address) => display.line(`live report: ${address}`));
  return [display, web];
}

/** A result that stdout did not take is a failure, unless there is worse to say. */
export function shownExitCode(exitCode: number, { hasFailed }: Pick<RunView, 'hasFailed'>): number {
  const isWorse = exitCode === exitCodes.cleanupUnconfirmed || exitCode > 128;
  return hasFailed && !isWorse ? exitCodes.failed : exitCode;
}
