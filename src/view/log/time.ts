const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const rfc3164 = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) /;
const iso = /^(?:<\d{1,3}>1? ?)?(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?)(Z|[+-]\d{2}:?\d{2})/;

/** When a line was written, in milliseconds since the epoch. */
export interface LineTime {
  readonly ms: number;
  /** Whether the line says its zone; otherwise `ms` takes the machine's local time for UTC. */
  readonly zoned: boolean;
}

/**
 * The time at the beginning of a syslog line, as RFC 3164 has it (no year, no zone: the year is the one that is nearest to
 * `near`) or as ISO 8601, which newer daemons and journalctl write; undefined for a line without one. Pure.
 */
export function lineTime(line: string, near: number): LineTime | undefined {
  const [, date, zone] = iso.exec(line) ?? [];
  if (date !== undefined && zone !== undefined) {
    const ms = Date.parse(`${date}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`);
    return Number.isNaN(ms) ? undefined : { ms, zoned: true };
  }
  const [, month = '', ...numbers] = rfc3164.exec(line) ?? [];
  const [day = 0, hours = 0, minutes = 0, seconds = 0] = numbers.map(Number);
  const index = months.indexOf(month);
  if (index < 0) return undefined;
  const year = new Date(near).getUTCFullYear();
  const candidates = [year - 1, year, year + 1].map((y) => Date.UTC(y, index, day, hours, minutes, seconds));
  return { ms: candidates.reduce((a, b) => (Math.abs(b - near) < Math.abs(a - near) ? b : a)), zoned: false };
}

const quarter = 15 * 60_000;
/** A machine's clock may be this much behind. */
const behind = 2 * 60_000;

/**
 * How far a machine's local time is ahead of UTC, in milliseconds, from the local time of a line that was written soon
 * after the start of the run: zones are multiples of a quarter of an hour, at most 14 hours. Pure.
 */
export function zoneOffset(local: number, start: number): number {
  const offset = Math.floor((local - start + behind) / quarter) * quarter;
  return Math.abs(offset) <= 14 * 3_600_000 ? offset : 0;
}
