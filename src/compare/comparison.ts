import { fitAmdahl } from './amdahl.ts';
import type { Comparison, ComparisonGroup, ComparisonRow, Scaling } from './model.ts';
import { noteText } from './note.ts';
import { type ComparedRun, type ExcludedRun, type RunParts } from './run.ts';
import { median, spread } from './statistic.ts';

/** Compares runs, in groups of the same machine, kernel, puzzle and space, in the order in which they are given. Pure. */
export function compareRuns(found: readonly (ComparedRun | ExcludedRun)[], series?: string): Comparison {
  const runs = found.flatMap((run) => ('why' in run ? [] : [run]));
  const excluded = found.flatMap((run) => ('why' in run ? [run] : []));
  const groups = groupedBy(runs, ({ machine, kernel, puzzle, space }) =>
    JSON.stringify([machine, kernel, puzzle, space]),
  ).map(groupOf);
  return {
    ...(series !== undefined && { series }),
    groups,
    runs,
    excluded,
    notes: noteText(groups, runs),
  };
}

function groupOf(runs: readonly ComparedRun[]): ComparisonGroup {
  const [first] = runs;
  if (!first) throw new TypeError('a group has a run');
  const { machine, kernel, puzzle, space } = first;
  const byN = groupedBy(runs, ({ instances }) => String(instances)).toSorted(
    ([a], [b]) => (a?.instances ?? 0) - (b?.instances ?? 0),
  );
  const least = byN[0] ?? [];
  const threads = runs.flatMap((run) => run.threads ?? []);
  const timings = (seconds: (run: ComparedRun) => number) =>
    runs.map((run) => ({ instances: run.instances, seconds: seconds(run) }));
  return {
    machine,
    kernel,
    puzzle,
    space,
    nonces: [...new Set(runs.map(({ nonce }) => nonce))],
    ...(threads.length > 0 && { threads: [Math.min(...threads), Math.max(...threads)] as const }),
    rows: byN.map((some) => rowOf(some, least)),
    amdahl: {
      run: fitAmdahl(timings(({ seconds }) => seconds)),
      search: fitAmdahl(timings(({ parts }) => parts.search)),
    },
  };
}

function rowOf(runs: readonly ComparedRun[], least: readonly ComparedRun[]): ComparisonRow {
  const instances = runs[0]?.instances ?? 1;
  const ideal = instances / (least[0]?.instances ?? instances);
  const scaling = (seconds: (run: ComparedRun) => number): Scaling | undefined => {
    const [slow, fast] = [median(least.map(seconds)), median(runs.map(seconds))];
    if (!(slow > 0 && fast > 0)) return undefined;
    return { speedUp: slow / fast, efficiency: slow / fast / ideal };
  };
  const costs = runs.flatMap(({ cost }) => cost ?? []);
  const part = (name: keyof RunParts) => median(runs.map(({ parts }) => parts[name]));
  return {
    instances,
    runs: runs.length,
    seconds: spread(runs.map(({ seconds }) => seconds)),
    search: spread(runs.map(({ parts }) => parts.search)),
    parts: {
      start: part('start'),
      boot: part('boot'),
      ssh: part('ssh'),
      search: part('search'),
      teardown: part('teardown'),
    },
    rate: spread(runs.map(({ rate }) => rate)),
    scaling: { run: scaling(({ seconds }) => seconds), search: scaling(({ parts }) => parts.search) },
    ideal,
    ...(costs.length > 0 && { cost: median(costs) }),
  };
}

/** In the order in which each key came first. */
function groupedBy<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group) group.push(value);
    else groups.set(key(value), [value]);
  }
  return [...groups.values()];
}
