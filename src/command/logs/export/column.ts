import { phaseNames } from '../../../event/outcome.ts';
import type { InstanceRecord } from '../../../event/record.ts';
import type { RunRecord } from '../../../event/record.ts';

// The tables that `cnd logs export` writes. Whole numbers beyond 2^53 are text in decimal, and times are UTC.

/** What a cell may hold; undefined: not known, or it did not happen. */
export type Cell = string | number | boolean | undefined;

/** What the cells of a column are. */
export type CellType = 'text' | 'time' | 'integer' | 'number' | 'boolean';

/** A column of a table of such rows. */
export interface TableColumn<Row> {
  readonly name: string;
  readonly type: CellType;
  readonly of: (row: Row) => Cell;
}

/** A run, and what can be said of how it ended. */
export interface RunRow {
  readonly record: RunRecord;
  readonly status: string;
}

/** An instance of a run. */
export interface InstanceRow {
  readonly run: string;
  readonly instance: InstanceRecord;
}

function column<Row>(name: string, type: CellType, of: (row: Row) => unknown): TableColumn<Row> {
  return { name, type, of: (row) => cell(type, of(row)) };
}

/** A record of another version may hold anything. */
function cell(type: CellType, value: unknown): Cell {
  switch (type) {
    case 'text':
    case 'time':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
      return Number.isSafeInteger(value) ? Number(value) : undefined;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }
}

/** One row a run. */
export const runColumns: readonly TableColumn<RunRow>[] = [
  column('run', 'text', ({ record }) => record.run),
  column('outcome', 'text', ({ status }) => status),
  column('exit_code', 'integer', ({ record }) => record.ended?.exitCode),
  column('started_at', 'time', ({ record }) => record.startedAt),
  column('ended_at', 'time', ({ record }) => record.endedAt),
  column('fleet', 'text', ({ record }) => record.config.fleet),
  column('n', 'integer', ({ record }) => record.config.N),
  column('t_seconds', 'number', ({ record }) => record.config.T),
  column('scheme', 'text', ({ record }) => record.config.puzzle.scheme),
  column('block', 'text', ({ record }) => record.config.puzzle.block),
  column('header', 'text', ({ record }) => record.config.puzzle['header']),
  column('difficulty', 'integer', ({ record }) => record.config.puzzle.difficulty),
  column('unit', 'text', ({ record }) => record.config.puzzle.unit),
  column('template', 'text', ({ record }) => record.config.puzzle.template),
  column('prefix', 'text', ({ record }) => record.config.puzzle.prefix),
  column('suffix', 'text', ({ record }) => record.config.puzzle.suffix),
  column('goal_digest', 'text', ({ record }) => record.config.puzzle.digest),
  column('from', 'text', ({ record }) => record.config['from']),
  column('limit', 'text', ({ record }) => record.config['limit']),
  column('smallest', 'boolean', ({ record }) => record.config['smallest']),
  column('kernel', 'text', ({ record }) => record.config['kernel']),
  column('nonce', 'text', ({ record }) => record.ended?.nonce),
  column('digest', 'text', ({ record }) => record.ended?.digest),
  column('found_by', 'integer', ({ record }) => record.ended?.instance),
  column('reason', 'text', ({ record }) => record.ended?.reason),
  column('tested', 'text', ({ record }) => record.ended?.tested),
  column('probability', 'number', ({ record }) => record.ended?.probability),
  column('rate', 'number', ({ record }) => record.ended?.rate),
  column('elapsed_seconds', 'number', ({ record }) => record.ended?.elapsed),
  ...phaseNames.map((phase) =>
    column<RunRow>(`${phase}_seconds`, 'number', ({ record }) => record.ended?.phases[phase]),
  ),
  column('launched', 'integer', ({ record }) => record.ended?.launched),
  column('terminated', 'integer', ({ record }) => record.ended?.terminated),
  column('cost_dollars', 'number', ({ record }) => record.ended?.cost),
  column('cost_limit_dollars', 'number', ({ record }) => record.cost?.limit),
  column('cost_basis', 'text', ({ record }) => record.ended?.costBasis ?? record.cost?.basis),
  column('cnd_version', 'text', ({ record }) => record.versions?.cnd),
  column('platform', 'text', ({ record }) => record.versions?.platform),
];

/** One row an instance; `run` joins it to the runs. */
export const instanceColumns: readonly TableColumn<InstanceRow>[] = [
  column('run', 'text', ({ run }) => run),
  column('instance', 'integer', ({ instance }) => instance.index),
  column('id', 'text', ({ instance }) => instance.id),
  column('address', 'text', ({ instance }) => instance.address),
  column('type', 'text', ({ instance }) => instance.type),
  column('zone', 'text', ({ instance }) => instance.zone),
  column('kernel', 'text', ({ instance }) => instance.kernel),
  column('isa', 'text', ({ instance }) => instance.isa),
  column('threads', 'integer', ({ instance }) => instance.threads),
  column('python', 'text', ({ instance }) => instance.python),
  column('hashes', 'number', ({ instance }) => instance.hashes),
  column('launched_at', 'time', ({ instance }) => instance.launchedAt),
  column('running_at', 'time', ({ instance }) => instance.runningAt),
  column('searching_at', 'time', ({ instance }) => instance.searchingAt),
  column('stopped_at', 'time', ({ instance }) => instance.stoppedAt),
  column('terminated_at', 'time', ({ instance }) => instance.terminatedAt),
  column('lost', 'text', ({ instance }) => instance.lost),
  column('log_bytes', 'integer', ({ instance }) => instance.log?.bytes),
  column('log_truncated', 'boolean', ({ instance }) => instance.log && instance.log.truncated === true),
];
