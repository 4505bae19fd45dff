import type { RunConfig } from '../../config/config.ts';
import { type RunRecord, recordSchemaVersion } from '../../event/record.ts';
import { puzzleFields } from '../../puzzle/job.ts';
import { version } from '../../package.ts';
import type { RunInputs } from '../context.ts';

type RecordedConfig = RunRecord['config'] & {
  readonly from: string;
  readonly limit: string;
  readonly chunk: string;
  readonly smallest: boolean;
  readonly kernel: string;
};

/** What is known when a run begins. Pure, but for the versions of what runs here. */
export function newRecord(
  run: string,
  startedAt: Date,
  {
    config,
    fleet,
    preflight,
    earlier,
    series,
    detached,
  }: Pick<RunInputs, 'config' | 'fleet' | 'preflight' | 'earlier' | 'series' | 'detached'>,
): RunRecord {
  const { cost, costBasis } = preflight ?? {};
  return {
    schema: recordSchemaVersion,
    run,
    startedAt: startedAt.toISOString(),
    versions: versions(),
    ...(earlier && { resumes: earlier.run }),
    ...(series !== undefined && { series }),
    ...(detached && { detached }),
    ...(fleet.where !== undefined && { where: fleet.where }),
    ...(fleet.account !== undefined && { account: fleet.account }),
    config: configFields(config),
    ...(costBasis !== undefined && {
      cost: { ...(cost !== undefined && { limit: cost }), basis: costBasis },
    }),
  };
}

/** The versions of what runs here. */
export function versions(): NonNullable<RunRecord['versions']> {
  return {
    cnd: version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** What is searched, as events and records have it: nonces as decimal strings. Pure. */
export function searchFields({
  puzzle,
  space,
  smallest,
  kernel,
}: Pick<RunConfig, 'puzzle' | 'space' | 'smallest' | 'kernel'>) {
  return {
    puzzle: puzzleFields(puzzle),
    from: `${space.from}`,
    limit: `${space.limit}`,
    chunk: `${space.chunk}`,
    smallest,
    kernel,
  };
}

/** The configuration as records and checkpoints have it: nonces as decimal strings. Pure. */
export function configFields(config: RunConfig): RecordedConfig {
  const { instances, timeLimit, fleet, fleetConfig } = config;
  return {
    N: instances,
    T: timeLimit,
    fleet,
    ...searchFields(config),
    [fleet]: fleetConfig,
  };
}
