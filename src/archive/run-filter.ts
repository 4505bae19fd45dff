import { type RunId, runStart } from '../run-id.ts';
import type { RunFilter } from './archive.ts';

/** Whether a name is that of a run that the filter lets through. Pure. */
export function passes(name: string, { prefix = '', since, until }: RunFilter): name is RunId {
  const start = runStart(name);
  if (!start || !name.startsWith(prefix)) return false;
  // Ids have whole seconds: a run of 08:11:03.5 is one of 08:11:03.
  if (since && start.getTime() < Math.floor(since.getTime() / 1000) * 1000) return false;
  return !until || start <= until;
}
