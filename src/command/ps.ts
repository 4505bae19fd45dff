import { openAllFleets } from '../fleet/registry.ts';
import { takeInventory } from '../scram/inventory.ts';
import { exitCodes } from '../event/outcome.ts';
import {
  announcedLines,
  checkedText,
  costLines,
  resumableLines,
  runningJson,
  runningTable,
  unreachableLines,
} from './running-table.ts';
import { clusterArguments, isPartial, readFilter } from './inventory-filter.ts';

/** `cnd ps`: what is running; gives the exit code, 4 when something may be running where nobody could be asked. */
export async function ps(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const filter = readFilter(flags);
  const inventory = await takeInventory(await openAllFleets(process.env, filter), process.env, {
    where: filter.region,
    onlyHere: isPartial(filter),
  });
  const { runs, unreachable } = inventory;
  if (flags['json'] === true) process.stdout.write(runningJson(runs));
  else if (runs.length > 0)
    process.stdout.write(
      runningTable(runs, Date.now()) +
        costLines(runs) +
        announcedLines(runs) +
        resumableLines(runs, clusterArguments(filter)),
    );
  else {
    const words = unreachable.length > 0 ? 'nothing was found running' : 'nothing is running';
    process.stdout.write(`${words} ${checkedText(inventory)}\n`);
  }
  process.stderr.write(unreachableLines(unreachable));
  return unreachable.length > 0 ? exitCodes.cleanupUnconfirmed : exitCodes.found;
}
