import { idBeginning } from '../../run-id.ts';
import type { RunFilter } from '../archive.ts';
import { passes } from '../run-name.ts';
import { mirrored, runOf } from './name.ts';

/** Where in the ascending order of names those that a filter lets through are. */
export interface IndexBounds {
  readonly beginning: string;
  /** Names after this one only. */
  readonly after?: string;
  /** Names beyond this one are of older runs. */
  readonly until?: string;
}

/** The part of the names that has to be listed for a filter; undefined when no run can pass it. Pure. */
export function indexBounds({
  prefix = '',
  since,
  until,
  before,
  notBefore,
}: RunFilter): IndexBounds | undefined {
  // No run begins with anything else, and S3 need not be asked for a control character.
  if (!/^[\da-z-]*$/.test(prefix)) return undefined;
  // Older runs come later: what is not before a moment is the end of the names, what is before one is their beginning. A `~`
  // comes after all that can stand in a name.
  const ends = [since && `${mirrored(idBeginning(since))}~`, notBefore && `${mirrored(notBefore)}~`];
  const starts = [until && mirrored(idBeginning(until)), before && `${mirrored(before)}~`];
  const end = ends.filter((name) => name !== undefined).toSorted()[0];
  const start = starts
    .filter((name) => name !== undefined)
    .toSorted()
    .at(-1);
  return {
    beginning: mirrored(prefix),
    ...(start !== undefined && { after: start }),
    ...(end !== undefined && { until: end }),
  };
}

/** Whether a name is that of an entry of a run that the filter lets through. Pure. */
export function passesIndex(name: string, filter: RunFilter): boolean {
  const run = runOf(name);
  return run !== undefined && passes(run, filter);
}
