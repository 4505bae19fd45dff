import { parseRetention } from '../../archive/keep.ts';
import { expiredRuns } from '../../archive/retention.ts';
import { UsageError } from '../../error.ts';
import { plural } from '../../quantity.ts';
import { runsUnderWay } from '../../state/under-way.ts';
import { visible } from '../../text.ts';
import { Output } from '../../view/output.ts';
import type { Arguments } from '../command.ts';
import { archiveTable } from './archive-table.ts';
import { openArchive, retentionOf, text } from './logs.ts';
import { removeRuns } from './rm.ts';

/** `cnd logs prune`: removes what logs.keep does not keep any longer; gives the exit code, 1 as of `cnd logs rm`. */
export async function prune(given: Arguments): Promise<number> {
  const archive = await openArchive(given);
  const keep = text(given['keep']) ?? (await retentionOf(given));
  if (keep === undefined)
    throw new UsageError('no-retention', 'logs.keep is not set: every run is kept', {
      about: 'logs.keep',
      hint: 'give --keep 90d, or --keep 500 for the newest 500 runs; or set logs.keep in cnd.config.json',
    });
  const retention = parseRetention(keep);
  if (!retention)
    throw new UsageError('bad-flag', `--keep is '${visible(keep)}': must be a duration, or a number of runs`, {
      about: 'keep',
      hint: 'for example --keep 90d, or --keep 500',
    });
  const alive = await runsUnderWay(process.env);
  const expired = await expiredRuns(archive, retention, { alive, now: new Date() });
  if (given['dry-run'] !== true || expired.length === 0)
    return removeRuns(archive, expired, given['yes'] === true);
  const output = new Output(process.stdout);
  output.write(archiveTable(expired));
  output.write(`${plural(expired.length, 'run')} would be removed from ${archive.location()}\n`);
  await output.drain();
  return 0;
}
