/**
 * Whether tests that need something can run: `missing` says what is lacking, with the remedy. In CI nothing may be, so that tests
 * are never skipped unseen; elsewhere it is said what is skipped for what.
 */
export function isAvailable(missing: string | undefined): boolean {
  if (missing === undefined) return true;
  if (process.env['CI'] !== undefined) throw new Error(missing);
  process.stderr.write(`skipped: ${missing}\n`);
  return false;
}
