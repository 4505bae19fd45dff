import { resolveLogs } from '../../config/logs.ts';
import { bucketName } from '../../config/schema.ts';
import { visible } from '../../text.ts';
import { UsageError } from '../../error.ts';
import type { Arguments } from '../command.ts';

/** The bucket that `--bucket` names, if it does. @throws UsageError when that is no name of a bucket. */
export function checkBucket(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  const name = typeof given === 'string' ? given : '';
  const validated = bucketName.safeParse(name);
  if (validated.success) return validated.data;
  const [issue] = validated.error.issues;
  throw new UsageError('bad-flag', `--bucket is '${visible(name)}': ${issue?.message ?? ''}`, {
    about: 'bucket',
    hint: '3 to 63 lowercase letters, digits, dots and hyphens: for example --bucket my-cnd-logs',
  });
}

/**
 * Creates a bucket for logs, where and as whom the flags say, else the configuration file that is there. The only place
 * where cnd creates one: nothing else outlives a run, and costs. Gives what to tell.
 */
export async function makeBucket(
  bucket: string,
  file: string | undefined,
  { region, profile }: Arguments,
): Promise<string[]> {
  const { logs, aws, tags } = file === undefined ? { logs: undefined, aws: {} } : await resolveLogs(file);
  const settings = {
    region: word(region) ?? logs?.region ?? aws.region,
    profile: word(profile) ?? aws.profile,
  };
  const { createBucket } = await import('../../archive/s3/bucket.ts');
  const made = await createBucket({ bucket, settings, env: process.env }, tags);
  const where = made.region === undefined ? '' : ` in ${made.region}`;
  const what = made.created
    ? `created bucket ${bucket}${where}, for logs`
    : `bucket ${bucket}${where} exists already: not changed`;
  if (file === undefined || logs?.bucket === bucket) return [what];
  return [
    what,
    `${visible(file)} is not changed: to store logs in the bucket, set "logs": { "bucket": "${bucket}" } in it`,
  ];
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
