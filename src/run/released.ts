import type { RunConfig } from '../config/config.ts';

/** What events say of instances that are released, where others are terminated. Pure. */
export function released({ fleetKind }: Pick<RunConfig, 'fleetKind'>): { readonly released?: true } {
  return fleetKind.releases ? { released: true } : {};
}
