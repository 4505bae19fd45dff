import { z } from 'zod';
import { UsageError } from '../../../error.ts';
import type { FleetFilter, KeptLaunch } from '../../kind.ts';

/** What another process needs of a run: where it is, and how many pods it has. */
export const runHandle = z.object({
  context: z.string(),
  namespace: z.string(),
  count: z.int().nonnegative(),
});

/** See `FleetKind.placeOf`: `CONTEXT/NAMESPACE`, or a context alone. Names of contexts may have slashes in them. Pure. */
export function clusterPlaceOf(where: string): FleetFilter {
  const end = where.lastIndexOf('/');
  return end < 0 ? { context: where } : { context: where.slice(0, end), namespace: where.slice(end + 1) };
}

/** See `FleetKind.relocate`: a context is a name in a kubeconfig, which may change; pods stay in their namespace. Pure. */
export function relocate({ settings, handle }: KeptLaunch, { context, namespace }: FleetFilter): KeptLaunch {
  const known = runHandle.safeParse(handle).data;
  const chosen: { readonly namespace?: unknown } = Object(settings);
  const noted = known?.namespace ?? chosen.namespace;
  if (namespace !== undefined && typeof noted === 'string' && namespace !== noted) {
    throw new UsageError('other-namespace', `the run is in the namespace ${noted}, not in ${namespace}`, {
      about: 'namespace',
      hint: 'omit --namespace',
    });
  }
  const place = { ...(context !== undefined && { context }), ...(namespace !== undefined && { namespace }) };
  return { settings: { ...chosen, ...place }, handle: known ? { ...known, ...place } : handle };
}
