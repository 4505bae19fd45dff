import { count } from '../../quantity.ts';
import type { InstanceStage, LiveInstance } from './state.ts';

/** The less an instance goes with the crowd, the more it is worth a row. */
const interest: Record<InstanceStage, number> = {
  lost: 1,
  waiting: 2,
  connecting: 3,
  uploading: 3,
  starting: 3,
  booting: 4,
  idle: 5,
  disconnected: 2,
  searching: 6,
  stopped: 7,
  terminated: 8,
  released: 8,
};

/** Which instances get a row, by index, and words for the others. */
export interface Selection {
  readonly shown: readonly LiveInstance[];
  /** `… and 83 more: 80 searching, 3 booting`; absent when all are shown. */
  readonly rest?: string;
}

/** The instances to show in at most so many lines, the line for the others included. Pure. */
export function select(instances: readonly LiveInstance[], lines: number): Selection {
  const byIndex = instances.toSorted((a, b) => a.index - b.index);
  if (byIndex.length <= lines) return { shown: byIndex };
  const kept = new Set(byIndex.toSorted((a, b) => rank(a) - rank(b)).slice(0, Math.max(0, lines - 1)));
  const others = byIndex.filter((instance) => !kept.has(instance));
  const lead = kept.size > 0 ? `… and ${count(others.length)} more: ` : '';
  return { shown: byIndex.filter((instance) => kept.has(instance)), rest: `${lead}${tally(others)}` };
}

/** How many are at which stage: `80 searching, 3 booting`. */
function tally(instances: readonly LiveInstance[]): string {
  const counts = new Map<InstanceStage, number>();
  for (const { stage } of instances) counts.set(stage, (counts.get(stage) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([stage, number]) => `${count(number)} ${stage}`).join(', ');
}

function rank({ golden, stage }: LiveInstance): number {
  return golden ? 0 : interest[stage];
}
