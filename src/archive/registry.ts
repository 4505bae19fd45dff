import type { AwsSettings } from '../aws/client.ts';
import type { Archive } from './archive.ts';
import { DirectoryArchive } from './directory.ts';
import { SpooledArchive } from './spooled.ts';

/** The `logs` part of the configuration: with a bucket the directory only holds what was not uploaded yet. */
export interface ArchiveChoice {
  readonly directory: string;
  readonly bucket?: string | undefined;
  readonly prefix?: string | undefined;
  /** Where the bucket is looked for first; by default where AWS is called. */
  readonly region?: string | undefined;
  readonly encryption?: 'AES256' | 'aws:kms' | undefined;
}

/** One line an archive; the SDK is imported for those that need it only. */
export async function makeArchive(
  { directory, bucket, prefix, region, encryption }: ArchiveChoice,
  settings: AwsSettings,
  env: NodeJS.ProcessEnv,
): Promise<Archive> {
  const local = new DirectoryArchive(directory);
  if (bucket === undefined) return local;
  const { S3Archive } = await import('./s3/s3.ts');
  const remote = new S3Archive({
    bucket,
    env,
    settings: { ...settings, region: region ?? settings.region },
    ...(prefix !== undefined && { prefix }),
    ...(encryption !== undefined && { encryption }),
  });
  return new SpooledArchive(remote, local);
}
