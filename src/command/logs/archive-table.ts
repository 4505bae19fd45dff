import type { RunSummary } from '../../archive/summary.ts';
import { duration } from '../../quantity.ts';
import { table } from '../../view/table.ts';

type RunPuzzle = NonNullable<RunSummary['record']>['config']['puzzle'];

/** The table of `cnd logs ls`. Pure. */
export function archiveTable(runs: readonly RunSummary[]): string {
  const head = ['RUN', 'STARTED (UTC)', 'FLEET', 'N', 'D', 'OUTCOME', 'DURATION', 'NONCE'];
  const rows = runs.map(({ run, status, startedAt, record }) => [
    run,
    startedAt.slice(0, 19).replace('T', ' '),
    record?.config.fleet ?? '-',
    record ? String(record.config.N) : '-',
    record ? difficulty(record.config.puzzle) : '-',
    status,
    record?.ended ? duration(record.ended.elapsed) : '-',
    record?.ended?.nonce ?? '-',
  ]);
  return table([head, ...rows]);
}

/** The same for programs, with all that is known of a run; nonces are decimal strings. Pure. */
export function archiveJson(runs: readonly RunSummary[]): string {
  const plain = runs.map(({ run, status, startedAt, record, trouble }) => ({
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
    ...(record?.ended && {
      exitCode: record.ended.exitCode,
      elapsed: record.ended.elapsed,
      nonce: record.ended.nonce,
      digest: record.ended.digest,
    }),
    ...(trouble !== undefined && { trouble }),
  }));
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}

/** `5 digits`; a block header says its target by itself. */
function difficulty({ scheme, difficulty, unit }: RunPuzzle): string {
  return difficulty === undefined ? scheme : `${difficulty} ${unit ?? ''}`.trimEnd();
}
