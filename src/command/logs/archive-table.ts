import type { RunSummary } from '../../archive/summary.ts';
import { costWords } from '../../cost.ts';
import { duration } from '../../quantity.ts';
import { printable } from '../../text.ts';
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
    record ? goal(record.config.puzzle) : '-',
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
      ...puzzleRow(record.config.puzzle),
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

/** What a run looked for; the digest that it asked for is not the one that it found. */
function puzzleRow({ digest, ...puzzle }: RunPuzzle) {
  return { ...puzzle, ...(digest !== undefined && { goalDigest: digest }) };
}

/** `5 digits`, `prefix cafe`; a block header says its target by itself. */
function goal({ scheme, difficulty, unit, prefix, suffix, digest }: RunPuzzle): string {
  if (difficulty !== undefined) return `${difficulty} ${unit ?? ''}`.trimEnd();
  const [name, digits] = Object.entries({ prefix, suffix, digest }).find(([, one]) => one !== undefined) ?? [];
  if (digits === undefined) return scheme;
  const text = printable(digits, 64);
  return `${name} ${text.length > 8 ? `${text.slice(0, 8)}…` : text}`;
}
