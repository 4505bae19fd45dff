import { DirectoryArchive } from '../../archive/directory.ts';
import { pushRun } from '../../archive/push.ts';
import { makeArchive } from '../../archive/registry.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { resolveLogs } from '../../config/logs.ts';
import { UsageError } from '../../error.ts';
import type { Arguments } from '../command.ts';
import { text } from './logs.ts';

/** `cnd logs push RUN`: stores in the bucket what an upload that failed left in the directory; gives the exit code. */
export async function push(given: Arguments): Promise<number> {
  const { logs, aws } = await resolveLogs(text(given['config']));
  if (logs.bucket === undefined) {
    throw new UsageError('no-bucket', 'logs.bucket is not set: there is nowhere to push to', {
      about: 'logs.bucket',
      hint: 'name the bucket in cnd.config.json; cnd init --bucket NAME makes one',
    });
  }
  const local = new DirectoryArchive(logs.directory);
  const run = await resolveRun(local, text(given['run']) ?? '');
  const bucket = await makeArchive(logs, aws, process.env);
  const entries = await pushRun(run, local, bucket);
  process.stdout.write(`${entries.length} files of ${run} are in ${bucket.location(run)}\n`);
  return 0;
}
