import { UsageError } from '../error.ts';
import { everyFleet } from '../fleet/registry.ts';
import { takeInventory } from '../run/inventory.ts';
import { runIdPattern } from '../run/run-id.ts';
import { type ScramResult, scram as scramEverything } from '../run/scram.ts';
import { exitCodes } from '../run/verdict.ts';
import { runningTable } from '../view/running.ts';
import { table } from '../view/table.ts';

/** `cnd scram`: terminates everything that cnd launched; gives the exit code, 4 when something may be left. */
export async function scram(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const run = oneRun(flags['run']);
  const fleets = everyFleet(process.env);
  if (flags['dry-run'] === true) {
    const { runs, checked } = await takeInventory(fleets, process.env, run);
    if (runs.length > 0) process.stdout.write(runningTable(runs, Date.now()));
    process.stdout.write(
      `dry run: ${runs.length} runs would be terminated (checked: ${checked.join(', ')})\n`,
    );
    return 0;
  }
  const { results, inventory, left } = await scramEverything(fleets, process.env, run);
  if (results.length > 0) process.stdout.write(resultTable(results));
  else
    process.stdout.write(
      `nothing to terminate${run ? ` of ${run}` : ''} (checked: ${inventory.checked.join(', ')})\n`,
    );
  for (const { fleet, error } of left.unreachable) {
    process.stderr.write(`cnd: ${fleet} cannot be asked, so something may be left there: ${String(error)}\n`);
  }
  const scrammed = new Set(results.map((result) => result.run));
  // A run that was begun meanwhile is not what was asked for; one that was scrammed and is still there is.
  const remaining = left.runs.filter((found) => scrammed.has(found.run));
  if (remaining.length > 0) process.stderr.write(`cnd: still there:\n${runningTable(remaining, Date.now())}`);
  const clean =
    remaining.length === 0 && left.unreachable.length === 0 && !results.some(({ trouble }) => trouble);
  return clean ? 0 : exitCodes.cleanupUnconfirmed;
}

function oneRun(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && runIdPattern.test(value)) return value;
  throw new UsageError(
    'bad-run',
    `--run is ${JSON.stringify(value)}: must be a run id like 20261120-081103-x7k2`,
    {
      about: 'run',
      hint: 'see the runs with: cnd ps',
    },
  );
}

function resultTable(results: readonly ScramResult[]): string {
  const rows = results.map(({ run, fleet, terminated, trouble }) => [
    run,
    fleet,
    String(terminated),
    trouble === undefined ? 'terminated' : `NOT CONFIRMED: ${trouble}`,
  ]);
  return table([['RUN', 'FLEET', 'INSTANCES', 'RESULT'], ...rows]);
}
