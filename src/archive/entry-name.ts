import { CndError } from '../error.ts';
import { runIdPattern } from '../run/run-id.ts';

/** Names of entries: nothing that could lead out of the archive, and nothing hidden. */
export const entryNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** @throws CndError when this cannot be an entry of an archive. */
export function requireEntryName(run: string, name: string): void {
  if (runIdPattern.test(run) && entryNamePattern.test(name)) return;
  throw new CndError('archive-bad-name', `${run}/${name} cannot be the name of an archive entry`);
}

/** @throws CndError when this is not a run's id. */
export function requireRun(run: string): void {
  if (!runIdPattern.test(run)) throw new CndError('archive-no-run', `${run} is not a run id`, { about: run });
}

/** The error of an entry that is not there. */
export function noEntry(location: string, run: string, name: string, cause?: unknown): CndError {
  return new CndError('archive-no-entry', `${location} has no ${name}`, {
    about: `${run}/${name}`,
    hint: 'see what there is with: cnd logs ls',
    cause,
  });
}
