import { isatty } from 'node:tty';
import type { DisplayMode } from '../../view/display/message.ts';
import { isLive } from '../../view/terminal/capability.ts';
import type { Arguments } from '../command.ts';

/** How a run is to be shown, by `--json`, `--quiet`, `--plain` and `--verbose`, and by what stderr is. */
export function displayMode(flags: Arguments): DisplayMode {
  if (flags['json'] === true) return 'json';
  if (flags['quiet'] === true) return 'quiet';
  // What is only planned, or launched, has nothing that moves.
  const isPlain = ['dry-run', 'detach', 'plain'].some((name) => flags[name] === true);
  if (!isPlain && isLive({ isTTY: isatty(2) }, process.env)) return 'live';
  return flags['verbose'] === true ? 'verbose' : 'plain';
}
