import type { RunningRun } from '../run/inventory.ts';
import { runStart } from '../run/run-id.ts';
import { duration } from './quantity.ts';
import { table } from './table.ts';

/** The table of `cnd ps`. `now` in milliseconds since the epoch. Pure. */
export function runningTable(runs: readonly RunningRun[], now: number): string {
  const head = ['RUN', 'FLEET', 'INSTANCES', 'AGE', 'EXPIRES', 'CONTROLLER'];
  const rows = runs.map(({ run, fleet, instances, expiresAt, controller }) => [
    run,
    fleet,
    stateWords(instances.map(({ state }) => state)),
    age(run, now),
    expiresAt ? expiry((expiresAt.getTime() - now) / 1000) : '-',
    controller,
  ]);
  return table([head, ...rows]);
}

/** The same for programs. Pure. */
export function runningJson(runs: readonly RunningRun[]): string {
  const plain = runs.map(({ run, fleet, instances, expiresAt, controller }) => {
    const listed = instances.map(({ id, index, state, reason }) => ({ id, index, state, reason }));
    return { run, fleet, instances: listed, expiresAt: expiresAt?.toISOString(), controller };
  });
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}

function stateWords(states: readonly string[]): string {
  if (states.length === 0) return 'none';
  const words = [...new Set(states)].map(
    (state) => `${states.filter((other) => other === state).length} ${state}`,
  );
  return words.join(', ');
}

function age(run: string, now: number): string {
  const start = runStart(run);
  return start === undefined ? '-' : duration(Math.max(0, (now - start.getTime()) / 1000));
}

function expiry(seconds: number): string {
  return seconds >= 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
}
