import { hostname } from 'node:os';
import type { RunConfig } from '../../config/config.ts';
import { CndError, messageOf } from '../../error.ts';
import { fleetKinds } from '../../fleet/registry.ts';
import { plural } from '../../quantity.ts';
import { scramRuns } from '../../scram/scram.ts';
import { evictEarlier } from './evict-earlier.ts';
import type { Refuse, UnendedRun } from './past-run.ts';

/**
 * Terminates what is left of a run, wherever its controller is, as scram does: by tag. A run that resumes it begins only when
 * that is confirmed.
 * @param config What the new run is to be: on machines that exist already, which ones.
 * @param tell Told what goes on.
 * @throws CndError `earlier-unconfirmed` when something of it may be left.
 */
export async function endEarlier(
  run: string,
  unended: UnendedRun,
  config: Pick<RunConfig, 'aws' | 'fleet' | 'fleetKind' | 'fleetConfig'>,
  env: NodeJS.ProcessEnv,
  tell: (message: string) => void,
): Promise<void> {
  const { fleet, where, account } = unended;
  const { profile } = config.aws;
  const refuse: Refuse = (why, hint = `terminate it first: cnd scram --run ${run}`) =>
    new CndError(
      'earlier-unconfirmed',
      `${run} is not confirmed as terminated: ${why}; nothing was launched`,
      {
        about: run,
        hint,
      },
    );
  const kind = fleetKinds.find(({ name }) => name === fleet);
  if (!kind) throw refuse(`this cnd does not know its fleet, '${fleet}'`);
  tell(`terminating what is left of ${run} first`);
  const ofPlace = where === undefined ? undefined : kind.placeOf?.(where);
  const holders = await kind.openAll(env, ofPlace ?? { region: where, profile });
  const [unreachable] = holders.unreachable;
  if (unreachable) throw refuse(messageOf(unreachable.error));
  if (where !== undefined && !holders.fleets.some((one) => one.account === (account ?? one.account))) {
    const whose = account === undefined ? '' : ` of account ${account}`;
    throw refuse(`${fleet} ${where} cannot be asked with credentials${whose}`, 'use them: --profile NAME');
  }
  if (where === undefined && !kind.releases) requireHere(unended, refuse);
  const { results, spared, remaining, left } = await scramRuns(holders, env, {
    run,
    where,
    everyone: false,
    onRecheck: (seconds) => tell(`nothing found yet, checking again in ${Math.ceil(seconds)} s`),
  });
  const failed = results.find(({ error }) => error !== undefined);
  if (failed?.error !== undefined) throw refuse(failed.error);
  if (spared[0]) throw refuse(`it belongs to ${spared[0].owner?.name ?? 'another user'}`);
  if (remaining.length > 0) throw refuse('some of its instances are still there');
  const [unseen] = left.unreachable;
  if (unseen) throw refuse(messageOf(unseen.error));
  // Of its hosts the state of this machine tells, if anything does here.
  if (kind.releases && results.length === 0) return evictEarlier(run, unended, config, env, { tell, refuse });
  const count = results.reduce((sum, { terminated }) => sum + terminated, 0);
  tell(count === 0 ? `${run} has no instances` : `${run}: ${plural(count, 'instance')} terminated`);
}

/** A fleet that is seen from its own machine alone: elsewhere its instances are over only once their switches have fired. */
function requireHere({ host, expiresAt, fleet }: UnendedRun, refuse: Refuse): void {
  if (host === undefined || host === hostname() || expiresAt.getTime() < Date.now()) return;
  const then = expiresAt.toISOString();
  throw refuse(
    `its ${fleet} instances can be seen from ${host} alone`,
    `terminate it there: cnd scram; or resume it after ${then}, when they have ended by themselves`,
  );
}
