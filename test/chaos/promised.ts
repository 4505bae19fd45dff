import type { Told } from './answer.ts';
import type { Observation } from './play.ts';

/** Beyond so many seconds of lateness a machine is too busy for a run to be as an undisturbed one. */
const busy = 5;

/**
 * What a run that tries one promise ended with, against the end of an undisturbed run: the same result, the same coverage, and
 * files of every kind in the archive.
 */
export function promised(seen: Observation, told: Told | undefined): string[] {
  const { scenario, slack, run, place, resumed } = seen;
  const { promise, smallest, from, size, instances, faults } = scenario;
  if (promise === undefined || slack > busy) return [];
  const heard = run === undefined ? undefined : place.journal(run).names;
  // Killed before anything was launched, or noted: that is said (invariant.ts), and there is nothing to go on with.
  const isBegun = heard?.has('search.all') ?? false;
  const isNothing = seen.ended?.signal === 'SIGKILL' && (!told || told.outcome === 'failed');
  if (promise === 'resume' && !isBegun && isNothing) return [];
  if (!told || run === undefined) return ['it is not told how the run ended'];
  const found: string[] = [];
  const expected = smallest ? 'found' : 'exhausted';
  if (told.outcome !== expected)
    found.push(`${told.outcome} with ${told.tested} of ${size} tested, not ${expected}`);
  const [first, ...others] = told.coverage.ranges;
  const end = smallest ? Number(told.nonce) + 1 : from + size;
  if (told.outcome === expected && (Number(first?.[0]) !== from || Number(first?.[1]) < end))
    found.push(`${from} to ${end} is not all covered: ${JSON.stringify([first, ...others].slice(0, 5))}`);
  const names = place.archived(run);
  const isGone = promise === 'loss';
  const logs = Array.from({ length: isGone ? 0 : instances }, (_, index) => `Instance${index}.log.gz`);
  const missing = ['run.json', 'events.ndjson', 'report.html', ...logs].filter(
    (name) => !names.includes(name),
  );
  if (missing.length > 0) found.push(`the archive has no ${missing.join()}, only ${names.join()}`);
  if (isGone && !names.some((name) => name.endsWith('.log.gz'))) found.push('the archive has no syslog');
  if (resumed.length === 0 && faults.some(({ action }) => action.do === 'resume') && !seen.ended)
    found.push('nobody took it up');
  return found;
}
