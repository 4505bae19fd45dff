import type { Archive } from '../../archive/archive.ts';
import { summaries, wholeSummaries } from '../../archive/index/listing.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { visible } from '../../text.ts';
import { UsageError, messageOf } from '../../error.ts';
import { archiveJson, archiveTable } from './archive-table.ts';
import { Output } from '../../view/output.ts';
import { plural } from '../../quantity.ts';
import { isAlive } from '../../state/process.ts';
import { listRunStates } from '../../state/run-state.ts';
import { runsUnderWay } from '../../state/under-way.ts';
import type { Arguments } from '../command.ts';
import { listFilter, listMatch } from './filter.ts';
import { warn, openArchive, text, waitingRuns } from './logs.ts';

/** Runs that a hint names. */
const named = 5;

/** Runs that are listed unless --limit says otherwise. */
const page = 100;

/** Records that are read without a word: more of them took their time. */
const worthTelling = 100;

/** `cnd logs ls`: the runs in the archive, newest first; gives the exit code, 1 when of some nothing can be said. */
export async function ls(given: Arguments): Promise<number> {
  const times = listFilter(given, new Date());
  const matches = listMatch(given);
  const limit = limitOf(given['limit']);
  const archive = await openArchive(given);
  const alive = await runsUnderWay(process.env);
  const before = text(given['before']);
  const beforeRun = before === undefined ? undefined : await resolveRun(archive, before);
  const foreign = (name: string): void => warn(`${archive.location()}/${name}`, 'is not a run: skipped');
  const filter = {
    ...times,
    ...(beforeRun && { before: beforeRun }),
    foreign,
  };
  let read = 0;
  let unwritable: unknown;
  const found = await summaries(archive, filter, alive, {
    // One more tells whether there are more.
    limit: limit + 1,
    matches,
    onRead: () => (read += 1),
    onUnwritable: (error) => (unwritable = error),
  });
  const isJson = given['json'] === true;
  const shown = found.slice(0, limit);
  const runs = isJson ? await wholeSummaries(archive, shown, alive) : shown;
  for (const { run, status, error } of runs)
    if (error !== undefined) warn(run, `is ${status}: ${error}`);
  const output = new Output(process.stdout);
  if (isJson) output.write(archiveJson(runs));
  else if (runs.length > 0) output.write(archiveTable(runs));
  else {
    const filtered = ['since', 'until', 'outcome', 'fleet', 'before'].map((flag) => given[flag]).some((value) => value !== undefined);
    output.write(`no runs${filtered ? ' that match' : ''} in ${archive.location()}\n`);
  }
  await output.drain();
  if (found.length > limit)
    process.stderr.write(`cnd: there are more; the next ones: cnd logs ls --before ${shown.at(-1)?.run}\n`);
  if (read >= worthTelling) tellRead(read, unwritable);
  await tellWaiting(archive);
  await tellResumable(shown.map(({ run }) => run));
  return runs.some(({ status }) => status === 'unreadable') ? 1 : 0;
}

/** Of the runs that are listed, those that go on without a controller can be taken up. */
async function tellResumable(listed: readonly string[]): Promise<void> {
  const states = await listRunStates(process.env).catch(() => []);
  for (const { run, controller, preparing } of states)
    if (listed.includes(run) && !preparing && !isAlive(controller))
      process.stderr.write(`cnd: ${run} has no controller: cnd resume ${run}\n`);
}

/** Why it took longer than it will the next time, or why that will take as long. */
function tellRead(read: number, unwritable: unknown): void {
  const what = `${plural(read, 'run')} were not in the index of the archive, and their records were read`;
  const next =
    unwritable === undefined
      ? 'they are in it now; cnd logs index completes it'
      : `it cannot be written: ${messageOf(unwritable)}`;
  process.stderr.write(`cnd: ${what}; ${next}\n`);
}

function limitOf(value: unknown): number {
  const given = text(value);
  if (given === undefined) return page;
  if (given === 'all') return Infinity;
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new UsageError('bad-flag', `--limit is '${visible(given)}': must be a number of runs, or all`, {
    about: 'limit',
    hint: `for example --limit 20; without it ${page} are listed`,
  });
}

async function tellWaiting(archive: Archive): Promise<void> {
  const waiting = await waitingRuns(archive);
  if (waiting.length === 0) return;
  const ids = waiting.slice(0, named).join(' ') + (waiting.length > named ? ' …' : '');
  const are = waiting.length === 1 ? 'is' : 'are';
  const what = `${plural(waiting.length, 'run')} ${are} not fully uploaded to ${archive.location()}`;
  process.stderr.write(`cnd: ${what}: cnd logs push ${ids}\n`);
}
