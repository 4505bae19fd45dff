/** Where the workers of a run live on an instance, relative to the login's home. */
export function runDirectory(run: string): string {
  return `.cnd/${run}`;
}

/**
 * Where a worker lives on its instance, relative to the login's home. One for each, since homes may be shared: machines of
 * a lab have theirs on NFS, and one machine may be reached by two names.
 */
export function workDirectory(run: string, worker: number): string {
  return `${runDirectory(run)}/${worker}`;
}
