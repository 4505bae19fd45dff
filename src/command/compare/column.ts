import type { ComparedRun } from '../../compare/run.ts';
import type { TableColumn } from '../logs/export/column.ts';

/** One row a run: every measured figure, for other programs. */
export const comparedColumns: readonly TableColumn<ComparedRun>[] = [
  { name: 'run', type: 'text', of: ({ run }) => run },
  { name: 'machine', type: 'text', of: ({ machine }) => machine },
  { name: 'kernel', type: 'text', of: ({ kernel }) => kernel },
  { name: 'scheme', type: 'text', of: ({ puzzle }) => puzzle['scheme'] },
  { name: 'block', type: 'text', of: ({ puzzle }) => puzzle['block'] ?? puzzle['header'] },
  { name: 'difficulty', type: 'integer', of: ({ puzzle }) => puzzle['difficulty'] },
  { name: 'unit', type: 'text', of: ({ puzzle }) => puzzle['unit'] },
  ...['template', 'prefix', 'suffix'].map((name): TableColumn<ComparedRun> => {
    return { name, type: 'text', of: ({ puzzle }) => puzzle[name] };
  }),
  { name: 'goal_digest', type: 'text', of: ({ puzzle }) => puzzle['digest'] },
  { name: 'n', type: 'integer', of: ({ instances }) => instances },
  { name: 'threads', type: 'integer', of: ({ threads }) => threads?.[0] },
  { name: 'nonce', type: 'text', of: ({ nonce }) => nonce },
  { name: 'smallest', type: 'boolean', of: ({ smallest }) => smallest },
  { name: 'seconds', type: 'number', of: ({ seconds }) => seconds },
  { name: 'start_seconds', type: 'number', of: ({ parts }) => parts.start },
  { name: 'boot_seconds', type: 'number', of: ({ parts }) => parts.boot },
  { name: 'ssh_seconds', type: 'number', of: ({ parts }) => parts.ssh },
  { name: 'search_seconds', type: 'number', of: ({ parts }) => parts.search },
  { name: 'teardown_seconds', type: 'number', of: ({ parts }) => parts.teardown },
  { name: 'rate', type: 'number', of: ({ rate }) => rate },
  { name: 'cost_dollars', type: 'number', of: ({ cost }) => cost },
];
