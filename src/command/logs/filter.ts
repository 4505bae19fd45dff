import type { RunFilter } from '../../archive/archive.ts';
import { type RunSummary, statuses } from '../../archive/summary.ts';
import { parseTime } from '../../archive/time.ts';
import { nearest } from '../../config/nearest.ts';
import { UsageError } from '../../error.ts';
import { fleetKinds } from '../../fleet/registry.ts';
import { visible } from '../../text.ts';
import type { Arguments } from '../command.ts';
import { text } from './logs.ts';

/** What --since and --until let through. @throws UsageError */
export function listFilter(given: Arguments, now: Date): Pick<RunFilter, 'since' | 'until'> {
  const since = time('since', given['since'], now);
  const until = time('until', given['until'], now);
  if (since && until && since > until)
    throw new UsageError('bad-flag', '--since is after --until: no run can be in between', {
      about: 'since',
      hint: 'swap them',
    });
  return { ...(since && { since }), ...(until && { until }) };
}

/** What --outcome and --fleet let through. @throws UsageError */
export function listMatch(given: Arguments): (summary: RunSummary) => boolean {
  const outcome = choiceOf('outcome', given['outcome'], statuses);
  const fleets = fleetKinds.map(({ name }) => name);
  const fleet = choiceOf('fleet', given['fleet'], fleets);
  return ({ status, record }) =>
    (outcome === undefined || status === outcome) && (fleet === undefined || record?.config.fleet === fleet);
}

/** One of several words; undefined when the flag was not given. @throws UsageError */
export function choiceOf<T extends string>(flag: string, value: unknown, valid: readonly T[]): T | undefined {
  const given = text(value);
  if (given === undefined) return undefined;
  const found = valid.find((name) => name === given);
  if (found) return found;
  const near = nearest(given, valid);
  throw new UsageError('bad-flag', `--${flag} is '${visible(given)}': must be one of ${valid.join(', ')}`, {
    about: flag,
    hint: near ? `did you mean --${flag} ${near}?` : `for example --${flag} ${valid[0] ?? ''}`,
  });
}

function time(flag: string, value: unknown, now: Date): Date | undefined {
  const given = text(value);
  if (given === undefined) return undefined;
  const parsed = parseTime(given, now, flag === 'until');
  if (parsed) return parsed;
  throw new UsageError('bad-flag', `--${flag} is '${visible(given)}': must be a date, or an age`, {
    about: flag,
    hint: `for example --${flag} 2026-11-20, --${flag} 2026-11-20T08:11 (UTC), --${flag} 2h or --${flag} 3d`,
  });
}
