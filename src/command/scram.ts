import { everyFleet } from '../fleet/registry.ts';
import { takeInventory } from '../run/inventory.ts';
import { type ScramResult, meantBy, scram as scramEverything } from '../run/scram.ts';
import { exitCodes } from '../run/verdict.ts';
import { checkedWords, runningTable, unreachableLines } from '../view/running.ts';
import { plural } from '../view/quantity.ts';
import { table } from '../view/table.ts';
import { narrowing } from './narrowing.ts';

/** `cnd scram`: terminates everything that cnd launched; gives the exit code, 4 when something may be left. */
export async function scram(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const { run, region, profile } = narrowing(flags);
  const options = { run, where: region, everyone: flags['everyone'] === true };
  const holders = await everyFleet(process.env, { region, profile });
  if (flags['dry-run'] === true) {
    const inventory = await takeInventory(holders, process.env, options);
    const { meant, spared } = meantBy(options, inventory.runs);
    if (meant.length > 0) process.stdout.write(runningTable(meant, Date.now()));
    process.stdout.write(
      `dry run: ${plural(meant.length, 'run')} would be terminated ${checkedWords(inventory)}\n`,
    );
    process.stderr.write(sparedWords(spared.length) + unreachableLines(inventory.unreachable));
    return inventory.unreachable.length > 0 ? exitCodes.cleanupUnconfirmed : exitCodes.found;
  }
  const { results, spared, inventory, remaining, left } = await scramEverything(
    holders,
    process.env,
    options,
  );
  const checked = checkedWords(inventory);
  if (results.length > 0) process.stdout.write(`${resultTable(results)}${checked}\n`);
  else process.stdout.write(`nothing to terminate${run ? ` of ${run}` : ''} ${checked}\n`);
  process.stderr.write(sparedWords(spared.length) + unreachableLines(left.unreachable));
  if (remaining.length > 0) process.stderr.write(`cnd: still there:\n${runningTable(remaining, Date.now())}`);
  const clean =
    remaining.length === 0 && left.unreachable.length === 0 && !results.some(({ trouble }) => trouble);
  return clean ? exitCodes.found : exitCodes.cleanupUnconfirmed;
}

function sparedWords(runs: number): string {
  if (runs === 0) return '';
  return `cnd: ${plural(runs, 'run')} of others left alone: see cnd ps; with --everyone they are terminated too\n`;
}

function resultTable(results: readonly ScramResult[]): string {
  const rows = results.map(({ run, fleet, where, terminated, trouble }) => [
    run,
    where === undefined ? fleet : `${fleet} ${where}`,
    String(terminated),
    trouble === undefined ? 'terminated' : `NOT CONFIRMED: ${trouble}`,
  ]);
  return table([['RUN', 'FLEET', 'INSTANCES', 'RESULT'], ...rows]);
}
