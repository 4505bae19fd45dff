import type { RunRecord } from '../event/record.ts';

/** Where the time of a run went, in seconds; together they are the whole run. */
export interface RunParts {
  /** Checks and the launch call. */
  readonly start: number;
  /** Until the first instance ran. */
  readonly boot: number;
  /** Login and upload of the first instance that searched. */
  readonly ssh: number;
  /** From the first instance that searched to the end of the search: what more instances make shorter. */
  readonly search: number;
  /** Stop, logs, termination, upload to the archive. */
  readonly teardown: number;
}

/** The parts, in order. */
export const partNames = [
  'start',
  'boot',
  'ssh',
  'search',
  'teardown',
] as const satisfies readonly (keyof RunParts)[];

/** A run as it is compared with others. */
export interface ComparedRun {
  readonly run: string;
  readonly instances: number;
  /** The instance type, or the fleet where it has no types. */
  readonly machine: string;
  readonly kernel: string;
  readonly puzzle: Readonly<Record<string, string | number>>;
  /** The nonces searched, `from` to below `limit`. */
  readonly space: string;
  /** Threads that search on each instance, from the fewest to the most; absent: an older record. */
  readonly threads?: readonly [fewest: number, most: number];
  readonly nonce: string;
  /** The golden nonce was to be the smallest, so that the work is always the same. */
  readonly smallest: boolean;
  readonly seconds: number;
  readonly parts: RunParts;
  /** Nonces per second while searching. */
  readonly rate: number;
  /** US dollars at most; absent: it cost nothing, or is not known. */
  readonly cost?: number;
}

/** Why a run is not compared. */
export interface ExcludedRun {
  readonly run: string;
  readonly why: string;
}

/** What a record says of a run that found its nonce with as many instances as it was to have, from a fresh start. Pure. */
export function comparedRun(record: RunRecord): ComparedRun | ExcludedRun {
  const { run, config, ended, instances = [] } = record;
  const excluded = (why: string): ExcludedRun => ({ run, why });
  if (!ended) return excluded('it has not ended');
  if (record.resumes !== undefined) return excluded(`it resumes ${record.resumes}`);
  if (record.resumed !== undefined && record.resumed.length > 0)
    return excluded('it was resumed by another process');
  if (ended.outcome !== 'found' || ended.nonce === undefined)
    return excluded(`its outcome is ${ended.outcome}`);
  if (ended.launched !== config.N)
    return excluded(`it launched ${ended.launched} instances instead of ${config.N}`);
  const types = new Set(instances.flatMap(({ type }) => type ?? []));
  const threads = instances.flatMap((instance) => instance.threads ?? []);
  return {
    run,
    instances: config.N,
    machine: types.size === 0 ? config.fleet : [...types].toSorted().join(' and '),
    kernel: typeof config['kernel'] === 'string' ? config['kernel'] : 'auto',
    puzzle: puzzleOf(config.puzzle),
    space: [config['from'], config['limit']].map((end) => (typeof end === 'string' ? end : '')).join('..'),
    ...(threads.length > 0 && { threads: [Math.min(...threads), Math.max(...threads)] as const }),
    nonce: ended.nonce,
    smallest: ended.smallest,
    seconds: ended.elapsed,
    parts: partsOf(record, ended),
    rate: ended.rate,
    ...(ended.cost !== undefined && { cost: ended.cost }),
  };
}

function puzzleOf(puzzle: RunRecord['config']['puzzle']): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(puzzle).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [],
    ),
  );
}

/** Launch and boot are told apart by the instance that was the first to search. */
function partsOf({ instances = [] }: RunRecord, ended: NonNullable<RunRecord['ended']>): RunParts {
  const { phases, elapsed } = ended;
  const [first] = instances
    .flatMap(({ runningAt, searchingAt }) =>
      searchingAt === undefined ? [] : [{ running: runningAt ?? searchingAt, searching: searchingAt }],
    )
    .toSorted((a, b) => a.searching.localeCompare(b.searching));
  const { boot: booted = 0, search = 0 } = phases;
  const login = first ? (Date.parse(first.searching) - Date.parse(first.running)) / 1000 : 0;
  const ssh = Math.min(booted, Math.max(0, login));
  const start = (phases.plan ?? 0) + (phases.launch ?? 0);
  return {
    start,
    boot: booted - ssh,
    ssh,
    search,
    teardown: Math.max(0, elapsed - start - booted - search),
  };
}
