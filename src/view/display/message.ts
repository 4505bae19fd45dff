import type { RunEvent } from '../../event/event.ts';

/** How a run is shown. `json`: events on stdout; otherwise lines or the live view on stderr, and the summary on stdout. */
export type DisplayMode = 'live' | 'plain' | 'verbose' | 'quiet' | 'json';

/** What the display's process is told as its only argument. */
export interface DisplaySettings {
  readonly mode: DisplayMode;
  /** In the live view: every step. */
  readonly verbose: boolean;
  /** The moment T counts from, in milliseconds since the epoch. */
  readonly start: number;
  /** What is planned, to be shown before the first event; absent where nothing is planned. */
  readonly plan?: { readonly instances: number; readonly fleet: string; readonly timeLimit: number };
  /** A terminal can be read as file descriptor 4: for keys and answers. */
  readonly keyboard: boolean;
  /** It only shows: who leaves it ends nothing. */
  readonly viewer?: true;
  /** A run that is over is shown again. */
  readonly replay?: ReplayTime;
}

/** What time it is in a run that is shown again: at `shown` it is `recorded`, and from then on it goes `speed` times as fast. */
export interface ReplayTime {
  /** Milliseconds since the epoch, by the clock of who watches. */
  readonly shown: number;
  /** Milliseconds since the epoch, as the run has it. */
  readonly recorded: number;
  readonly speed: number;
}

/**
 * What the controller tells the display, one JSON object a line. `number`: acknowledged once it is written. In mode `json` progress
 * comes as the very lines that stdout is to have (`isEventLine`): a thousand instances report every second.
 */
export type ToDisplay =
  | { readonly kind: 'event'; readonly number: number; readonly event: RunEvent }
  /** Of each instance and of the run the newest progress: may be dropped. */
  | { readonly kind: 'progress'; readonly events: readonly RunEvent[] }
  /** A line for stderr besides the events. */
  | { readonly kind: 'line'; readonly text: string }
  /** A question, answered by `y` or `n`; without `text` it is withdrawn. */
  | { readonly kind: 'ask'; readonly text?: string }
  /** The controller is about to be stopped (Ctrl-Z), or goes on. */
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'end' };

/** What the display tells the controller, one JSON object a line. */
export type FromDisplay =
  /** It is past the moment in which Ctrl-C would end it. */
  | { readonly kind: 'ready' }
  /** All events up to this number are written. */
  | { readonly kind: 'written'; readonly number: number }
  /** Frames and progress events that were not shown because nobody took them, since this was told last. */
  | { readonly kind: 'dropped'; readonly frames: number; readonly progress: number }
  /** A stream takes nothing any more, and why: EPIPE, ENOSPC. */
  | { readonly kind: 'closed'; readonly stream: 'stdout' | 'stderr'; readonly code: string }
  /** How the terminal was set, for `stty`, before it was set for keys; and the process that reads them. */
  | { readonly kind: 'terminal'; readonly saved: string; readonly reader: number }
  | { readonly kind: 'quit' }
  | { readonly kind: 'answer'; readonly yes: boolean }
  | { readonly kind: 'suspended' }
  /** The result is on stdout. */
  | { readonly kind: 'result' }
  /** Everything is written that could be. */
  | { readonly kind: 'done' };

/** Whether a line to the display is an event of its own, and no message. Pure. */
export function isEventLine(line: string): boolean {
  return line.startsWith('{"event":');
}
