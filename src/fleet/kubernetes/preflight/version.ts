import type { z } from 'zod';
import { UsageError } from '../../../error.ts';
import type { serverVersion } from '../object.ts';

/** The oldest version that the Jobs of cnd work with: per-index limits that are on by default, WebSockets for exec. */
const oldest = 31;

/** The oldest whose Jobs end as soon as one of their pods has succeeded (successPolicy): for detached runs. */
const oldestDetaching = 33;

/** Refuses an API server that is too old. Pure. @throws UsageError */
export function requireVersion(
  { major, minor: text, gitVersion }: z.output<typeof serverVersion>,
  server: string,
  detached: boolean,
): void {
  const minor = Number.parseInt(text, 10);
  const least = detached ? oldestDetaching : oldest;
  if (Number(major) > 1 || minor >= least) return;
  const what = detached ? ', which --detach needs' : '';
  const newer = 'use a cluster with a newer version';
  throw new UsageError('kubernetes-version', `the cluster runs ${gitVersion}, older than 1.${least}${what}`, {
    about: server,
    hint: detached && minor >= oldest ? `start the run without --detach, or ${newer}` : newer,
  });
}
