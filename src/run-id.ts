import { randomInt } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The form of a run id: UTC start time and four random letters or digits, so that ids sort by time. */
export const runIdPattern = /^\d{8}-\d{6}-[a-z0-9]{4}$/;

/** A new run id for a run that starts at `now`, e.g. `20261120-081103-x7k2`. */
export function newRunId(now: Date = new Date()): string {
  const suffix = Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${idBeginning(now)}-${suffix}`;
}

/** What the ids of the runs that start in this second begin with. Pure. */
export function idBeginning(moment: Date): string {
  return moment.toISOString().replace(/[-:]/g, '').slice(0, 15).replace('T', '-');
}

/** When a run started, to the second, as its id tells; undefined for what is not a run id. */
export function runStart(run: string): Date | undefined {
  if (!runIdPattern.test(run)) return undefined;
  const iso = run.replace(/^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})-.*$/, '$1-$2-$3T$4:$5:$6Z');
  const start = new Date(iso);
  return Number.isNaN(start.getTime()) ? undefined : start;
}
