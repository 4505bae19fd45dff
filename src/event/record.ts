import { rename, writeFile } from 'node:fs/promises';
import type { RunConfig } from '../config/config.ts';
import { jobPuzzle } from '../puzzle/job.ts';
import { version } from '../version.ts';
import type { EventFields } from './event.ts';

/** The record's name in the archive. */
export const recordName = 'run.json';

/** What a run was told and what it came to; `ended` is absent while it is under way, or when it was killed. */
export interface RunRecord {
  readonly run: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly versions: Readonly<Record<'cnd' | 'node' | 'platform', string>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly instances?: readonly { readonly index: number; readonly id: string }[];
  readonly ended?: EventFields['run.ended'];
}

/** The configuration as records have it: nonces as decimal strings. */
export function configFields(config: RunConfig): Record<string, unknown> {
  const { instances, timeLimit, puzzle, space, smallest, kernel, fleet } = config;
  return {
    N: instances,
    T: timeLimit,
    fleet,
    puzzle: jobPuzzle(puzzle),
    from: `${space.from}`,
    limit: `${space.limit}`,
    chunk: `${space.chunk}`,
    smallest,
    kernel,
    [fleet]: config[fleet],
  };
}

/** Versions of what took part in a run. */
export function versions(): RunRecord['versions'] {
  return { cnd: version, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
}

/** Writes the record whole or not at all. */
export async function writeRecord(path: string, record: RunRecord): Promise<void> {
  await writeFile(`${path}.part`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
}
