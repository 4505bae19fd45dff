import type { AwsSettings } from '../aws/client.ts';
import type { Archive } from './archive.ts';
import { DirectoryArchive } from './directory.ts';

/** The `logs` part of the configuration: with a bucket the directory only holds what was not uploaded yet. */
export interface ArchiveChoice {
  readonly directory: string;
  readonly bucket?: string | undefined;
  readonly prefix?: string | undefined;
  /** The bucket's region; by default the one that AWS is called in. */
  readonly region?: string | undefined;
}

/** One line an archive; the SDK is imported for those that need it only. */
export async function makeArchive(
  { directory, bucket, prefix, region }: ArchiveChoice,
  settings: AwsSettings,
  env: NodeJS.ProcessEnv,
): Promise<Archive> {
  const local = new DirectoryArchive(directory);
  if (bucket === undefined) return local;
  const { S3Archive } = await import('./s3.ts');
  return new S3Archive({
    bucket,
    env,
    local,
    settings: { ...settings, region: region ?? settings.region },
    ...(prefix !== undefined && { prefix }),
  });
}
