import { everyFleet } from '../fleet/registry.ts';
import { takeInventory } from '../run/inventory.ts';
import { runningJson, runningTable } from '../view/running.ts';

/** `cnd ps`: what this user has running; gives the exit code. */
export async function ps(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const { runs, checked, unreachable } = await takeInventory(everyFleet(process.env), process.env);
  if (flags['json'] === true) process.stdout.write(runningJson(runs));
  else if (runs.length > 0) process.stdout.write(runningTable(runs, Date.now()));
  else process.stdout.write(`nothing is running (checked: ${checked.join(', ')})\n`);
  for (const { fleet, error } of unreachable)
    process.stderr.write(`cnd: ${fleet} cannot be asked: ${String(error)}\n`);
  return unreachable.length > 0 ? 1 : 0;
}
