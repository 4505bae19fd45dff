import type { ComparisonGroup } from './model.ts';
import type { ComparedRun } from './run.ts';

/** Search times below which starting and stopping kernels is most of what is measured, in seconds. */
const shortSearch = 0.5;

/** What must be known to read the figures of a comparison right. Pure. */
export function noteText(groups: readonly ComparisonGroup[], runs: readonly ComparedRun[]): string[] {
  const notes: string[] = [];
  if (runs.some(({ smallest }) => !smallest))
    notes.push(
      'Some runs ended with the first golden nonce, not the smallest: their work differs by chance, so their times do not compare.',
    );
  if (groups.some(({ nonces }) => nonces.length > 1))
    notes.push('Runs of one puzzle found different nonces, so they did not do the same work.');
  if (groups.some(({ threads: [fewest, most] = [1, 1] }) => fewest !== most))
    notes.push('Instances did not search with equally many threads: the speed-up is not that of N alone.');
  const thread = new Set(groups.map(({ threads: [fewest] = [0] }) => fewest));
  if (thread.size > 1) notes.push('Threads per instance differ between the groups.');
  if (groups.some(({ rows }) => rows.some(({ instances }) => instances > 1) && (rows[0]?.instances ?? 1) > 1))
    notes.push('There is no run with N = 1: speed-up and efficiency are relative to the smallest N.');
  if (groups.some(({ rows }) => rows.some(({ search }) => search.median < shortSearch)))
    notes.push(
      `Some searches took less than ${shortSearch} s, where starting and stopping counts more than searching: a higher D shows more, or --from beyond the nonce.`,
    );
  if (groups.some(({ rows, amdahl }) => amdahl.run && rows.length === 2))
    notes.push(
      'Two different N determine the serial fraction exactly: its error is only that of the repeats.',
    );
  return notes;
}
