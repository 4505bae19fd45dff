import { randomInt } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The form of a run id: UTC start time and four random letters or digits, so that ids sort by time. */
export const runIdPattern = /^\d{8}-\d{6}-[a-z0-9]{4}$/;

/** A new run id for a run that starts at `now`, e.g. `20261120-081103-x7k2`. */
export function newRunId(now: Date = new Date()): string {
  const time = now.toISOString().replace(/[-:]/g, '').slice(0, 15).replace('T', '-');
  const suffix = Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${time}-${suffix}`;
}
