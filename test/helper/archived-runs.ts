import { existsSync, readdirSync } from 'node:fs';

/** What a logs directory shows, but for the index and what is being written. */
export function archivedRuns(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
}
