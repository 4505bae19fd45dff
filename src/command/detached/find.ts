import { CndError, UsageError, messageOf } from '../../error.ts';
import type { DetachedRun, Detaching } from '../../fleet/detached.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { FleetFilter, OpenedFleets } from '../../fleet/kind.ts';
import { fleetKinds } from '../../fleet/registry.ts';
import { isRunId } from '../../run-id.ts';
import { printable } from '../../text.ts';
import type { Arguments } from '../command.ts';
import { text } from '../logs/logs.ts';

/** A detached run, and the fleet that it is on. */
export interface FoundDetachedRun {
  readonly fleet: Fleet;
  readonly detaching: Detaching;
  readonly found: DetachedRun;
}

/** Where detached runs are to be looked for, as flags say; undefined where they say nothing. */
export function namedPlace(given: Arguments): FleetFilter | undefined {
  const context = text(given['context']);
  const namespace = text(given['namespace']);
  const allNamespaces = given['all-namespaces'] === true;
  return context !== undefined || namespace !== undefined || allNamespaces
    ? { context, namespace, allNamespaces }
    : undefined;
}

/**
 * The detached run that is meant by an id, or the beginning of one; undefined when there is none. What cannot be asked is told.
 * @param driven Whether one that has a controller, on another machine, is refused: how it stands, only that machine knows.
 * @throws UsageError when several are meant; CndError `elsewhere` as `driven` says.
 */
export async function findDetachedRun(
  named: string,
  filter: FleetFilter,
  env: NodeJS.ProcessEnv,
  { driven = 'passed over' }: { readonly driven?: 'passed over' | 'refused' } = {},
): Promise<FoundDetachedRun | undefined> {
  // `last`, say, is the beginning of none.
  if (!/^\d/.test(named)) return undefined;
  const clusters = await openClusters({ ...filter, isNamedRun: true }, env);
  const unreachable = [...clusters.unreachable];
  const runs = new Map<string, FoundDetachedRun>();
  // All are asked at once: one that is slow does not make the others wait.
  const answers = await Promise.all(
    clusters.fleets.map(async (fleet): Promise<FoundDetachedRun[]> => {
      const { detaching } = fleet;
      if (!detaching) return [];
      try {
        return (await detaching.find(named)).map((found) => ({ fleet, detaching, found }));
      } catch (error) {
        unreachable.push({ fleet: nameOf(fleet), error });
        return [];
      }
    }),
  );
  for (const run of answers.flat()) if (isRunId(run.found.run)) runs.set(run.found.run, run);
  const [only, ...others] = runs.values();
  if (others.length > 0) {
    throw new UsageError(
      'ambiguous-run',
      `several runs begin with '${named}': ${[...runs.keys()].join(', ')}`,
      {
        about: named,
        hint: 'give more characters of it',
      },
    );
  }
  if (only) return only;
  for (const { fleet, error } of unreachable)
    process.stderr.write(`cnd: ${fleet} cannot be checked: ${printable(messageOf(error))}\n`);
  if (driven === 'refused') await refuseDriven(named, clusters.fleets);
  return undefined;
}

/** What cannot be asked was told already. @throws CndError `elsewhere` */
async function refuseDriven(named: string, fleets: readonly Fleet[]): Promise<void> {
  for (const fleet of fleets) {
    const runs = await fleet.find().catch(() => []);
    const found = runs.find(({ run, detached }) => !detached && run.startsWith(named));
    if (!found) continue;
    const { run } = found;
    throw new CndError(
      'elsewhere',
      `run ${run} on ${nameOf(fleet)} was started on another machine or by another user`,
      {
        about: run,
        hint: `resume it where it was started; or terminate it with: cnd scram --run ${run}`,
      },
    );
  }
}

/** The clusters that may have something of this user. */
async function openClusters(
  filter: FleetFilter,
  env: NodeJS.ProcessEnv,
): Promise<Omit<OpenedFleets, 'skipped'>> {
  const kinds = fleetKinds.filter(({ inClusters = false }) => inClusters);
  const opened = await Promise.all(kinds.map(async (kind) => kind.openAll(env, filter)));
  return {
    fleets: opened.flatMap(({ fleets }) => fleets),
    unreachable: opened.flatMap(({ unreachable }) => unreachable),
  };
}

function nameOf({ name, where }: Fleet): string {
  return `${name} ${where ?? ''}`.trim();
}
