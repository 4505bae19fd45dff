import { parseAge } from './time.ts';

/** What is kept: the newest so many runs, or those that started so many milliseconds ago at most. */
export type Retention = { readonly runs: number } | { readonly age: number };

/** What `logs.keep` says: `90d`, `12w`, or a number of runs; undefined for text that says neither. Pure. */
export function parseRetention(text: string): Retention | undefined {
  if (/^[1-9]\d{0,6}$/.test(text)) return { runs: Number(text) };
  const age = parseAge(text);
  return age === undefined || age <= 0 ? undefined : { age };
}
