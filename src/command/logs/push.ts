import type { Archive } from '../../archive/archive.ts';
import { pushRun } from '../../archive/push.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { ownEntriesOf } from '../../archive/spooled.ts';
import { CndError, UsageError } from '../../error.ts';
import { plural } from '../../quantity.ts';
import { runsUnderWay } from '../../state/under-way.ts';
import type { Arguments } from '../command.ts';
import { openArchive } from './logs.ts';

/** `cnd logs push RUN…`: stores in the bucket what is only in the directory; gives the exit code. */
export async function push(given: Arguments): Promise<number> {
  const archive = await openArchive(given);
  const { spool } = archive;
  if (!spool) {
    throw new UsageError('no-bucket', 'logs.bucket is not set: there is nowhere to push to', {
      about: 'logs.bucket',
      hint: 'set it in cnd.config.json; cnd init --bucket NAME creates a bucket',
    });
  }
  const alive = await runsUnderWay(process.env);
  for (const name of Array.isArray(given['run']) ? given['run'].map(String) : []) {
    const run = await find(name, spool, archive);
    if (alive.has(run))
      throw new UsageError('run-under-way', `run ${run} is still running`, {
        about: run,
        hint: `it is uploaded when it ends; end it with: cnd scram --run ${run}`,
      });
    process.stdout.write(`${await pushed(run, spool, archive)}\n`);
  }
  return 0;
}

/** The run that is meant: of those that are here; else one that was pushed before, which is no mistake. */
async function find(name: string, spool: Archive, archive: Archive): Promise<string> {
  try {
    return await resolveRun(spool, name);
  } catch (error) {
    if (error instanceof CndError && error.code === 'ambiguous-run') throw error;
    return resolveRun(archive, name);
  }
}

async function pushed(run: string, spool: Archive, archive: Archive): Promise<string> {
  const where = archive.location(run);
  if ((await ownEntriesOf(spool, run)).length === 0) return `${run} is fully uploaded to ${where} already`;
  const entries = await pushRun(run, spool, archive);
  return `${plural(entries.length, 'file')} of ${run} are uploaded to ${where}, and removed here`;
}
