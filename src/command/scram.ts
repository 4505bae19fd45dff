import { fleetKinds, openAllFleets } from '../fleet/registry.ts';
import { type RunningRun, takeInventory } from '../scram/inventory.ts';
import { selectRuns, scramRuns } from '../scram/scram.ts';
import type { ScramResult } from '../scram/scram-run.ts';
import { exitCodes } from '../event/outcome.ts';
import { announcedLines, checkedText, runningTable, unreachableLines } from './running-table.ts';
import { printable } from '../text.ts';
import { plural } from '../quantity.ts';
import { table } from '../view/table.ts';
import { forget } from './forget.ts';
import { isPartial, readFilter } from './inventory-filter.ts';

/** `cnd scram`: terminates everything that cnd launched; gives the exit code, 4 when something may be left. */
export async function scram(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const gone = flags['forget'];
  if (typeof gone === 'string') return forget(gone, flags);
  const filter = readFilter(flags);
  const { run, region } = filter;
  const options = {
    run,
    where: region,
    onlyHere: isPartial(filter),
    everyone: flags['everyone'] === true,
    onRecheck: (seconds: number): void => {
      const words = `nothing found yet; recent launches may not be listed, checking again in ${Math.ceil(seconds)} s`;
      process.stderr.write(`cnd: ${words}\n`);
    },
  };
  const holders = await openAllFleets(process.env, filter);
  if (flags['dry-run'] === true) {
    const inventory = await takeInventory(holders, process.env, options);
    const { selected, spared } = selectRuns(options, inventory.runs);
    if (selected.length > 0) process.stdout.write(runningTable(selected, Date.now()));
    process.stdout.write(
      `dry run: ${plural(selected.length, 'run')} would be ended ${checkedText(inventory)}\n`,
    );
    process.stderr.write(sparedWords(spared, run !== undefined) + unreachableLines(inventory.unreachable));
    return inventory.unreachable.length > 0 ? exitCodes.cleanupUnconfirmed : exitCodes.found;
  }
  const { results, spared, later, remaining, left } = await scramRuns(holders, process.env, options);
  const checked = checkedText(left);
  if (results.length > 0)
    process.stdout.write(`${resultTable(results)}${announcedLines(results)}${checked}\n`);
  else process.stdout.write(`nothing to terminate${run ? ` of ${run}` : ''} ${checked}\n`);
  process.stderr.write(sparedWords(spared, run !== undefined) + unreachableLines(left.unreachable));
  for (const { run: id } of later)
    process.stderr.write(`cnd: not terminated, it started after this scram: ${id} (cnd scram --run ${id})\n`);
  if (remaining.length > 0)
    process.stderr.write(`cnd: still running:\n${runningTable(remaining, Date.now())}`);
  // Who names a run wants it to end.
  const isSpared = run !== undefined && spared.length > 0;
  const clean =
    remaining.length === 0 &&
    left.unreachable.length === 0 &&
    !isSpared &&
    !results.some(({ error }) => error);
  return clean ? exitCodes.found : exitCodes.cleanupUnconfirmed;
}

/** Who names a run is told whose it is; who means all is told that there are others. */
function sparedWords(spared: readonly RunningRun[], named: boolean): string {
  if (spared.length === 0) return '';
  if (!named) {
    return `cnd: ${plural(spared.length, 'run')} of other users not terminated: see cnd ps; --everyone terminates them too\n`;
  }
  return spared
    .map(
      ({ run, owner }) =>
        `cnd: ${run} belongs to ${printable(owner?.name ?? '')}: to terminate it, add --everyone\n`,
    )
    .join('');
}

function resultTable(results: readonly ScramResult[]): string {
  const rows = results.map(({ run, fleet, where, terminated, error }) => [
    run,
    where === undefined ? fleet : `${fleet} ${where}`,
    String(terminated),
    error === undefined ? (isReleased(fleet) ? 'released' : 'terminated') : `NOT CONFIRMED: ${error}`,
  ]);
  return table([['RUN', 'FLEET', 'INSTANCES', 'RESULT'], ...rows]);
}

function isReleased(fleet: string): boolean {
  return fleetKinds.some(({ name, releases }) => name === fleet && releases === true);
}
