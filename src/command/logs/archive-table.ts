import type { RunSummary } from '../../archive/summary.ts';
import { costWords } from '../../cost.ts';
import { duration } from '../../quantity.ts';
import { table } from '../../view/table.ts';

type RunPuzzle = NonNullable<RunSummary['record']>['config']['puzzle'];

/** The table of `cnd logs ls`. Pure. */
export function archiveTable(runs: readonly RunSummary[]): string {
  const paid = runs.some(({ record }) => record?.cost !== undefined);
  const head = ['RUN', 'STARTED (UTC)', 'FLEET', 'N', 'D', 'OUTCOME', 'DURATION', ...(paid ? ['COST'] : []), 'NONCE'];
  const rows = runs.map(({ run, status, startedAt, record }) => [
    run,
    startedAt.slice(0, 19).replace('T', ' '),
    record?.config.fleet ?? '-',
    record ? String(record.config.N) : '-',
    record ? difficulty(record.config.puzzle) : '-',
    status,
    record?.ended ? duration(record.ended.elapsed) : '-',
    ...(paid ? [cost(record)] : []),
    record?.ended?.nonce ?? '-',
  ]);
  return table([head, ...rows]);
}

/** The same for programs, with all that is known of a run; nonces are decimal strings. Pure. */
export function archiveJson(runs: readonly RunSummary[]): string {
  const plain = runs.map(({ run, status, startedAt, record, error }) => ({
    run,
    outcome: status,
    startedAt,
    ...(record && {
      endedAt: record.endedAt,
      fleet: record.config.fleet,
      N: record.config.N,
      T: record.config.T,
      ...record.config.puzzle,
    }),
    ...(record?.cost && {
      cost: record.ended?.cost ?? null,
      costBasis: record.ended?.costBasis ?? record.cost.basis,
      costLimit: record.cost.limit,
    }),
    ...(record?.ended && {
      exitCode: record.ended.exitCode,
      elapsed: record.ended.elapsed,
      nonce: record.ended.nonce,
      digest: record.ended.digest,
      displayDigest: record.ended.displayDigest,
    }),
    ...(error !== undefined && { error }),
  }));
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}

/** What a run has cost at most; of one that has not ended, what it may cost at most. */
function cost(record: RunSummary['record']): string {
  if (record?.cost === undefined) return '-';
  return costWords(record.ended ? record.ended.cost : record.cost.limit);
}

/** `5 digits`; a block header says its target by itself. */
function difficulty({ scheme, difficulty, unit }: RunPuzzle): string {
  return difficulty === undefined ? scheme : `${difficulty} ${unit ?? ''}`.trimEnd();
}
