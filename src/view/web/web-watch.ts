import type { EventFields, RunEvent } from '../../event/event.ts';
import { type UnreadLines, readJournal } from '../../event/journal-reader.ts';
import { LiveReport } from './live-report.ts';
import { scramByCommand } from './scram.ts';
import { WebServer } from './server.ts';

/** A run that browsers are to watch. */
export interface WatchedRun {
  readonly run: string;
  /** The moment T counts from, in milliseconds since the epoch. */
  readonly start: number;
  /** The text of its journal as it grows, until its controller is gone or the signal aborts. */
  readonly read: (signal: AbortSignal) => AsyncIterable<string>;
  /** The port, 0 for any that is free. */
  readonly port: number;
  /** Whether a scram that was asked for in the page is waited for at the end: it waits for the controller to exit. */
  readonly awaitsScram: boolean;
  /** Told the address once there is one. It holds the token: whoever has it can read the report and terminate the run. */
  readonly onAddress: (address: string) => void;
}

/** How a watch ended: with the run, or without. */
export interface WatchEnd {
  readonly ended: EventFields['run.ended'] | undefined;
  readonly unread: UnreadLines;
}

/**
 * Serves the live report of a run until the run ends, its controller is gone, or the signal aborts.
 * @throws CndError `port-unusable`; the error of the file system.
 */
export async function watchInBrowser(watched: WatchedRun, signal: AbortSignal): Promise<WatchEnd> {
  const { run, start, read, port, awaitsScram, onAddress } = watched;
  const live = await LiveReport.open(run, start);
  const server = new WebServer(live, () => scramByCommand(run));
  onAddress(await server.listen(port));
  let ended: Extract<RunEvent, { event: 'run.ended' }> | undefined;
  let state = 'The journal of the run cannot be read. This page no longer follows it.';
  try {
    for await (const event of readJournal(read(signal), live.unread)) {
      live.tell(event);
      if (event.event !== 'run.ended') continue;
      ended = event;
      break;
    }
    if (awaitsScram) await server.settled(signal);
    if (!ended && !signal.aborted) live.end();
    if (ended) state = 'The run has ended. This is its final report.';
    else if (signal.aborted) state = 'The run goes on, but this page no longer follows it: see cnd watch.';
    else state = `The controller of the run is gone. See what is left with: cnd ps`;
    return { ended, unread: live.unread };
  } finally {
    await server.close(state);
  }
}
