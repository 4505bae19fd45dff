import { setTimeout as sleep } from 'node:timers/promises';
import { resolveRun } from '../../archive/run-name.ts';
import { UsageError } from '../../error.ts';
import type { RunEvent } from '../../event/event.ts';
import { journalName } from '../../event/file-name.ts';
import { readJournal } from '../../event/journal-reader.ts';
import { Output } from '../../view/output.ts';
import { PlainView } from '../../view/plain.ts';
import { plural } from '../../quantity.ts';
import type { Arguments } from '../command.ts';
import { warn, openArchive, text } from './logs.ts';

/** The longest time to wait between two events, in milliseconds: timers of Node overflow above 2^31. */
const longestWait = 86_400_000;

/** `cnd logs replay RUN`: draws the journal of a run again; gives the exit code. */
export async function replay(given: Arguments): Promise<number> {
  const speed = speedOf(text(given['speed']));
  const archive = await openArchive(given);
  const run = await resolveRun(archive, text(given['run']) ?? '');
  const stream = await archive.open(run, journalName);
  const unread = { unknown: 0, damaged: 0 };
  const events = readJournal(stream.setEncoding('utf8'), unread);
  await show(events, plainView(given['verbose'] === true), speed);
  const about = `${run}/${journalName}`;
  if (unread.unknown > 0)
    warn(about, `has ${plural(unread.unknown, 'event')} of a newer version of cnd: skipped`);
  if (unread.damaged > 0) warn(about, `has ${plural(unread.damaged, 'damaged line')}: skipped`);
  return 0;
}

function plainView(verbose: boolean): PlainView {
  const output = { stdout: new Output(process.stdout), stderr: new Output(process.stderr) };
  return new PlainView(output, verbose ? 'verbose' : 'normal');
}

/** Shows the events, at once or with their own pace times `speed`. */
async function show(events: AsyncIterable<RunEvent>, view: PlainView, speed: number | undefined): Promise<void> {
  let before: number | undefined;
  for await (const event of events) {
    const time = Date.parse(event.time);
    if (speed !== undefined && before !== undefined && time > before)
      await sleep(Math.min(longestWait, (time - before) / speed));
    before = time;
    view.show(event);
  }
  await view.finish();
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
