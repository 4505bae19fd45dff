import type { Archive } from '../../archive/archive.ts';
import { parseAge } from '../../archive/time.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { summaries } from '../../archive/index/listing.ts';
import type { RunSummary } from '../../archive/summary.ts';
import { visible } from '../../text.ts';
import { UsageError } from '../../error.ts';
import { archiveTable } from './archive-table.ts';
import { plural } from '../../quantity.ts';
import { runsUnderWay } from '../../state/under-way.ts';
import type { Arguments } from '../command.ts';
import { askYes } from '../question.ts';
import { warn, openArchive, text } from './logs.ts';

/** `cnd logs rm`: deletes runs, after asking; gives the exit code, 1 when the answer was no or something stayed. */
export async function rm(given: Arguments): Promise<number> {
  const archive = await openArchive(given);
  const named = Array.isArray(given['run']) ? given['run'].map(String) : [];
  const age = olderThan(given['older-than'], named);
  const alive = await runsUnderWay(process.env);
  const runs = age === undefined ? await byName(archive, named, alive) : await byAge(archive, age, alive);
  return removeRuns(archive, runs, given['yes'] === true);
}

/** Removes runs, after asking unless `isSure`; gives the exit code. */
export async function removeRuns(
  archive: Archive,
  runs: readonly RunSummary[],
  isSure: boolean,
): Promise<number> {
  if (runs.length === 0) {
    process.stdout.write(`nothing to remove from ${archive.location()}\n`);
    return 0;
  }
  if (!isSure && !(await confirmed(runs))) {
    process.stderr.write('cnd: nothing was removed\n');
    return 1;
  }
  let removed = 0;
  for (const { run } of runs) {
    const left = await archive.remove(run);
    if (left.length === 0) removed += 1;
    else warn(archive.location(run), `left in place (not cnd's): ${left.join(', ')}`);
  }
  process.stdout.write(`removed ${plural(removed, 'run')} from ${archive.location()}\n`);
  return removed === runs.length ? 0 : 1;
}

/** The age in milliseconds, or undefined when runs are named instead. */
function olderThan(value: unknown, named: readonly string[]): number | undefined {
  const given = text(value);
  if ((given === undefined) === (named.length === 0)) {
    throw new UsageError(
      'missing-argument',
      given === undefined ? 'no run is given' : 'runs and --older-than cannot be given together',
      { hint: 'for example: cnd logs rm last; or: cnd logs rm --older-than 30d' },
    );
  }
  if (given === undefined) return undefined;
  const age = parseAge(given);
  if (age !== undefined) return age;
  throw new UsageError('bad-flag', `--older-than is '${visible(given)}': must be a duration`, {
    about: 'older-than',
    hint: 'for example --older-than 30d, or 12h',
  });
}

async function byName(archive: Archive, named: readonly string[], alive: ReadonlySet<string>): Promise<RunSummary[]> {
  const runs = new Set<string>();
  for (const name of named) runs.add(await resolveRun(archive, name));
  const found: RunSummary[] = [];
  for (const run of runs) {
    if (alive.has(run))
      throw new UsageError('run-under-way', `run ${run} is still running`, {
        about: run,
        hint: `wait for it, or end it with: cnd scram --run ${run}`,
      });
    found.push(...(await summaries(archive, { prefix: run, foreign: (name) => refuseForeign(name, run) }, alive)));
  }
  return found;
}

/** A folder with the name of a run and nothing of one in it. */
function refuseForeign(name: string, run: string): void {
  if (name !== run) return;
  throw new UsageError('not-a-run', `${name} holds no files of cnd: not removed`, {
    about: name,
    hint: 'list the runs with: cnd logs ls',
  });
}

async function byAge(archive: Archive, age: number, alive: ReadonlySet<string>): Promise<RunSummary[]> {
  const until = new Date(Date.now() - age);
  const old = await summaries(archive, { until }, alive);
  for (const { run } of old) if (alive.has(run)) warn(run, 'is still running: not removed');
  return old.filter(({ run }) => !alive.has(run));
}

async function confirmed(runs: readonly RunSummary[]): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError('not-confirmed', `removing ${plural(runs.length, 'run')} needs confirmation, and there is no terminal`, {
      about: 'yes',
      hint: 'give --yes to remove without confirmation; list them with: cnd logs ls',
    });
  process.stderr.write(archiveTable(runs));
  return askYes(`Remove ${plural(runs.length, 'run')} permanently?`);
}
