const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 };

/** A length of time like `90s`, `30m`, `2h`, `3d` or `1w`, in milliseconds; undefined when it is none. Pure. */
export function parseAge(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,6}(?:\.\d+)?)(s|min|m|h|d|w)$/.exec(text) ?? [];
  const scale = seconds[unit];
  return scale === undefined ? undefined : Number(number) * scale * 1000;
}

/**
 * A moment as a person gives it: so long before `now` (`2h`, `3d`), or a date with or without a time, in UTC as run ids are
 * unless it says a zone. A date alone is its first moment, or its last where `end` says so; undefined when it is none. Pure.
 */
export function parseTime(text: string, now: Date, end = false): Date | undefined {
  const age = parseAge(text);
  if (age !== undefined) return new Date(now.getTime() - age);
  const [, day, time, zone] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text) ??
    [];
  if (day === undefined) return undefined;
  // Date takes 30 February for 2 March.
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return undefined;
  const date = new Date(`${day}T${time ?? (end ? '23:59:59.999' : '00:00')}${zone ?? 'Z'}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
