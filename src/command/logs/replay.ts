import { isatty } from 'node:tty';
import { resolveRun } from '../../archive/run-name.ts';
import { UsageError } from '../../error.ts';
import type { RunEvent } from '../../event/event.ts';
import { journalName } from '../../event/file-name.ts';
import { noneUnread, readJournal } from '../../event/journal-reader.ts';
import type { View } from '../../event/view.ts';
import { Output } from '../../view/output.ts';
import { PlainView } from '../../view/plain.ts';
import { Display } from '../../view/display/display.ts';
import { isLive } from '../../view/terminal/capability.ts';
import { pause } from '../../wait.ts';
import type { Arguments } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import { openArchive, text } from './logs.ts';
import { warnUnread } from './unread.ts';

/** The longest time to wait between two events, in milliseconds: timers of Node overflow above 2^31. */
const longestWait = 86_400_000;

/** `cnd logs replay RUN`: draws the journal of a run again; gives the exit code. */
export async function replay(given: Arguments): Promise<number> {
  const speed = speedOf(text(given['speed']));
  const archive = await openArchive(given);
  const run = await resolveRun(archive, text(given['run']) ?? '');
  const stream = await archive.open(run, journalName);
  const unread = noneUnread();
  const events = readJournal(stream.setEncoding('utf8'), unread);
  const verbose = given['verbose'] === true;
  const isShownLive = speed !== undefined && isLive({ isTTY: isatty(2) }, process.env);
  const code = isShownLive
    ? await showLive(events, speed, verbose)
    : await showLines(events, plainView(verbose), speed);
  warnUnread(`${run}/${journalName}`, unread);
  return code;
}

function plainView(verbose: boolean): PlainView {
  const output = { stdout: new Output(process.stdout), stderr: new Output(process.stderr) };
  return new PlainView(output, verbose ? 'verbose' : 'normal');
}

/** Shows the events as lines, at once or with their own pace times `speed`. */
async function showLines(
  events: AsyncIterable<RunEvent>,
  view: PlainView,
  speed: number | undefined,
): Promise<number> {
  await show(events, view, speed ?? Infinity);
  await view.finish();
  return 0;
}

/** Shows the events in the live view, until they end, `q` is pressed or a signal comes; gives the exit code. */
async function showLive(
  events: AsyncGenerator<RunEvent>,
  speed: number,
  verbose: boolean,
): Promise<number> {
  const first = await events.next();
  if (first.done === true) return 0;
  const recorded = Date.parse(first.value.time);
  const over = new AbortController();
  const display = new Display(
    {
      mode: 'live',
      verbose,
      start: recorded,
      keyboard: isatty(0),
      viewer: true,
      replay: { shown: Date.now(), recorded, speed },
    },
    { onQuit: () => over.abort(), onStdoutClosed: () => over.abort() },
  );
  try {
    return await interruptible(async (signal) => {
      display.show(first.value);
      await show(events, display, speed, AbortSignal.any([signal, over.signal]), recorded);
      return 0;
    });
  } finally {
    // Not before it has set the terminal back.
    await display.close();
  }
}

/** Shows each event when its time has come: `recorded` is the time of the run at which this begins, by default the first event's. */
async function show(
  events: AsyncIterable<RunEvent>,
  view: Pick<View, 'show'>,
  speed: number,
  signal?: AbortSignal,
  recorded?: number,
): Promise<void> {
  const begin = Date.now();
  let start = recorded;
  for await (const event of events) {
    const time = Date.parse(event.time);
    start ??= time;
    const wait = begin + (time - start) / speed - Date.now();
    if (wait > 0) await pause(Math.min(longestWait, wait), signal);
    if (signal?.aborted) return;
    view.show(event);
  }
}

/** How many times as fast as it was; undefined: without waiting. @throws UsageError */
function speedOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const speed = /^\d+(\.\d+)?$/.test(given) ? Number(given) : 0;
  if (speed > 0 && speed <= 1e6) return speed;
  throw new UsageError('bad-speed', `--speed must be a number above 0 and at most 1000000, not '${given}'`, {
    about: '--speed',
    hint: 'for example --speed 10: ten times as fast as the run was',
  });
}
