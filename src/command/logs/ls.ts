import type { Archive } from '../../archive/archive.ts';
import { parseTime } from '../../archive/time.ts';
import { summaries, wholeSummaries } from '../../archive/index/listing.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { statuses } from '../../archive/summary.ts';
import { nearest } from '../../config/nearest.ts';
import { fleetKinds } from '../../fleet/registry.ts';
import { visible } from '../../text.ts';
import { UsageError, messageOf } from '../../error.ts';
import { archiveJson, archiveTable } from './archive-table.ts';
import { Output } from '../../view/output.ts';
import { plural } from '../../quantity.ts';
import { runsUnderWay } from '../../state/under-way.ts';
import type { Arguments } from '../command.ts';
import { warn, openArchive, text, waitingRuns } from './logs.ts';

/** Runs that a hint names. */
const named = 5;

/** Runs that are listed unless --limit says otherwise. */
const page = 100;

/** Records that are read without a word: more of them took their time. */
const worthTelling = 100;

/** `cnd logs ls`: the runs in the archive, newest first; gives the exit code, 1 when of some nothing can be said. */
export async function ls(given: Arguments): Promise<number> {
  const now = new Date();
  const since = time('since', given['since'], now);
  const until = time('until', given['until'], now);
  const outcome = choice('outcome', given['outcome'], statuses);
  const fleet = choice(
    'fleet',
    given['fleet'],
    fleetKinds.map(({ name }) => name),
  );
  if (since && until && since > until)
    throw new UsageError('bad-flag', '--since is after --until: no run can be in between', {
      about: 'since',
      hint: 'swap them',
    });
  const limit = limitOf(given['limit']);
  const archive = await openArchive(given);
  const alive = await runsUnderWay(process.env);
  const before = text(given['before']);
  const beforeRun = before === undefined ? undefined : await resolveRun(archive, before);
  const foreign = (name: string): void => warn(`${archive.location()}/${name}`, 'is not a run: skipped');
  const filter = {
    ...(since && { since }),
    ...(until && { until }),
    ...(beforeRun && { before: beforeRun }),
    foreign,
  };
  let read = 0;
  let unwritable: unknown;
  const found = await summaries(archive, filter, alive, {
    // One more tells whether there are more.
    limit: limit + 1,
    matches: ({ status, record }) =>
      (outcome === undefined || status === outcome) && (fleet === undefined || record?.config.fleet === fleet),
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
    const filtered = [since, until, outcome, fleet, before].some((value) => value !== undefined);
    output.write(`no runs${filtered ? ' that match' : ''} in ${archive.location()}\n`);
  }
  await output.drain();
  if (found.length > limit)
    process.stderr.write(`cnd: there are more; the next ones: cnd logs ls --before ${shown.at(-1)?.run}\n`);
  if (read >= worthTelling) tellRead(read, unwritable);
  await tellWaiting(archive);
  return runs.some(({ status }) => status === 'unreadable') ? 1 : 0;
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

function time(flag: string, value: unknown, now: Date): Date | undefined {
  const given = text(value);
  if (given === undefined) return undefined;
  const parsed = parseTime(given, now, flag === 'until');
  if (parsed) return parsed;
  throw new UsageError('bad-flag', `--${flag} is '${visible(given)}': must be a date, or an age`, {
    about: flag,
    hint: `for example --${flag} 2026-11-20, --${flag} 2026-11-20T08:11 (UTC), --${flag} 2h or --${flag} 3d`,
  });
}

function choice<T extends string>(flag: string, value: unknown, valid: readonly T[]): T | undefined {
  const given = text(value);
  if (given === undefined) return undefined;
  const found = valid.find((name) => name === given);
  if (found) return found;
  const near = nearest(given, valid);
  throw new UsageError('bad-flag', `--${flag} is '${visible(given)}': must be one of ${valid.join(', ')}`, {
    about: flag,
    hint: near ? `did you mean --${flag} ${near}?` : `for example --${flag} ${valid[0] ?? ''}`,
  });
}
