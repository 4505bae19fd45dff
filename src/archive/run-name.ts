import { type RunId, runStart } from '../run-id.ts';
import type { RunFilter, Archive } from './archive.ts';
import { visible } from '../text.ts';
import { UsageError } from '../error.ts';

/** Candidates that an error names. */
const named = 5;

/**
 * The one run that a person means by a run id, the beginning of one, or `last`, the newest.
 * @throws UsageError naming the candidates, or what to type next.
 */
export async function resolveRun(archive: Archive, given: string): Promise<RunId> {
  const prefix = given === 'last' ? '' : given;
  const candidates =
    given === '' ? [] : await first(archive.runs({ prefix }), given === 'last' ? 1 : named + 1);
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) throw ambiguous(given, candidates);
  const where = archive.location();
  if (given === 'last' || (await first(archive.runs(), 1)).length === 0) {
    throw new UsageError('no-runs', `there are no runs in ${where}`, {
      about: given,
      hint: 'create one with: cnd start --N 4 --T 60 --D 6; or set another archive in cnd.config.json',
    });
  }
  throw new UsageError('unknown-run', `no run in ${where} begins with '${visible(given)}'`, {
    about: given,
    hint: 'list the runs with: cnd logs ls',
  });
}

/** Whether an error tells that the archive has no such run. */
export function isUnknownRun(error: unknown): boolean {
  return error instanceof UsageError && (error.code === 'no-runs' || error.code === 'unknown-run');
}

function ambiguous(given: string, candidates: readonly string[]): UsageError {
  const shown = candidates.slice(0, named).join(', ') + (candidates.length > named ? ', …' : '');
  return new UsageError('ambiguous-run', `several runs begin with '${visible(given)}': ${shown}`, {
    about: given,
    hint: 'give more characters of it; list them with: cnd logs ls',
  });
}

async function first(runs: AsyncIterable<RunId>, most: number): Promise<RunId[]> {
  const found: RunId[] = [];
  for await (const run of runs) {
    found.push(run);
    if (found.length === most) break;
  }
  return found;
}

/** Whether a name is that of a run that the filter lets through. Pure. */
export function passes(
  name: string,
  { prefix = '', since, until, before, notBefore }: RunFilter,
): name is RunId {
  const start = runStart(name);
  if (!start || !name.startsWith(prefix)) return false;
  if ((before !== undefined && name >= before) || (notBefore !== undefined && name < notBefore)) return false;
  // Ids have whole seconds: a run of 08:11:03.5 is one of 08:11:03.
  if (since && start.getTime() < Math.floor(since.getTime() / 1000) * 1000) return false;
  return !until || start <= until;
}
