import { closest, distance } from 'fastest-levenshtein';

/** The valid name that was probably meant, if any is near enough to be worth suggesting. */
export function nearest(given: string, valid: readonly string[]): string | undefined {
  if (valid.length === 0) return undefined;
  const best = closest(
    given.toLowerCase(),
    valid.map((name) => name.toLowerCase()),
  );
  const index = valid.findIndex((name) => name.toLowerCase() === best);
  const allowed = Math.max(2, Math.floor(given.length / 3));
  const changes = distance(given.toLowerCase(), best);
  // A short name is made of anything with few changes: something of it must be there.
  return changes <= allowed && changes < best.length ? valid[index] : undefined;
}
