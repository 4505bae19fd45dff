import type { Archive } from '../../archive/archive.ts';
import { parseTime } from '../../archive/time.ts';
import { statuses, summaries } from '../../archive/summary.ts';
import { nearest } from '../../config/nearest.ts';
import { fleetKinds } from '../../fleet/registry.ts';
import { visible } from '../../text.ts';
import { UsageError } from '../../error.ts';
import { archiveJson, archiveTable } from './archive-table.ts';
import { Output } from '../../view/output.ts';
import { plural } from '../../quantity.ts';
import type { Arguments } from '../command.ts';
import { warn, openArchive, runsUnderWay, text, waitingRuns } from './logs.ts';

/** Runs that a hint names. */
const named = 5;

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
  const archive = await openArchive(given);
  const alive = await runsUnderWay(process.env);
  const foreign = (name: string): void => warn(`${archive.location()}/${name}`, 'is not a run: skipped');
  const filter = { ...(since && { since }), ...(until && { until }), foreign };
  const all = await summaries(archive, filter, alive);
  const runs = all.filter(
    ({ status, record }) =>
      (outcome === undefined || status === outcome) && (fleet === undefined || record?.config.fleet === fleet),
  );
  for (const { run, status, error } of runs)
    if (error !== undefined) warn(run, `is ${status}: ${error}`);
  const output = new Output(process.stdout);
  if (given['json'] === true) output.write(archiveJson(runs));
  else if (runs.length > 0) output.write(archiveTable(runs));
  else {
    const filtered = [since, until, outcome, fleet].some((value) => value !== undefined);
    output.write(`no runs${filtered ? ' that match' : ''} in ${archive.location()}\n`);
  }
  await output.drain();
  await tellWaiting(archive);
  return runs.some(({ status }) => status === 'unreadable') ? 1 : 0;
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
