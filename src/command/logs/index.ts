import { summaries } from '../../archive/index/listing.ts';
import type { RunSummary } from '../../archive/summary.ts';
import { CndError, messageOf } from '../../error.ts';
import { plural } from '../../quantity.ts';
import { runsUnderWay } from '../../state/under-way.ts';
import type { Arguments } from '../command.ts';
import { openArchive, warn } from './logs.ts';

/** Runs that a line names. */
const named = 3;

/** `cnd logs index`: completes the index of the archive and says what the archive lacks; gives the exit code. */
export async function index(given: Arguments): Promise<number> {
  const archive = await openArchive(given);
  const alive = await runsUnderWay(process.env);
  let read = 0;
  const foreign = (name: string): void => warn(`${archive.location()}/${name}`, 'is not a run: skipped');
  const runs = await summaries(archive, { foreign }, alive, {
    isRebuild: given['rebuild'] === true,
    onRead: () => (read += 1),
    onUnwritable: (error) => {
      throw new CndError('index-unwritable', `the index of ${archive.location()} cannot be written: ${messageOf(error)}`, {
        about: archive.location(),
        hint: 'check the permissions there; without an index, cnd logs ls reads every record',
        cause: error,
      });
    },
  });
  process.stdout.write(indexReport(runs, read));
  return runs.some(({ status }) => status === 'unreadable') ? 1 : 0;
}

/** What is in the index, and what the archive lacks. Pure. */
export function indexReport(runs: readonly RunSummary[], read: number): string {
  const ended = runs.filter(({ record }) => record?.ended);
  const shortened = runs.filter(({ isShortened }) => isShortened);
  const where = (status: RunSummary['status']): RunSummary[] => runs.filter((run) => run.status === status);
  return [
    `${plural(ended.length, 'run')} in the index, ${read} of them added or renewed`,
    ...lacking(where('running'), 'still running'),
    ...lacking(where('unfinished'), 'never ended: cnd was killed before it could write how'),
    ...lacking(where('torn'), 'without a complete record'),
    ...lacking(where('unreadable'), 'with a record that cannot be read'),
    ...lacking(shortened, 'with a puzzle that is too long for the index: ls --json reads their records'),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function lacking(runs: readonly RunSummary[], what: string): string[] {
  if (runs.length === 0) return [];
  const ids = runs.slice(0, named).map(({ run }) => run);
  return [`${plural(runs.length, 'run')} ${what}: ${ids.join(', ')}${runs.length > named ? ', …' : ''}`];
}
