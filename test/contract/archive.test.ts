import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { DirectoryArchive } from '../../src/archive/directory.ts';
import { createBucket } from '../../src/archive/s3/bucket.ts';
import { s3Client } from '../../src/archive/s3/client.ts';
import { S3Archive } from '../../src/archive/s3/s3.ts';
import { SpooledArchive } from '../../src/archive/spooled.ts';
import { type ArchiveHarness, describeArchive } from './archive.ts';
import { describeOnAws } from './on-aws.ts';

async function directory(): Promise<ArchiveHarness> {
  const root = join(await mkdtemp(join(tmpdir(), 'cnd-')), 'logs');
  const plant: ArchiveHarness['plant'] = async (run, name, content) => {
    await mkdir(join(root, run), { recursive: true });
    await writeFile(join(root, run, name), content);
  };
  return { archive: new DirectoryArchive(root), plant };
}

describeArchive('directory', directory);

describeOnAws((aws) => {
  const make = (prefix: string) => async (): Promise<ArchiveHarness> => {
    await aws().reset();
    const { settings, env } = aws();
    const bucket = 'cnd-test-logs';
    await createBucket({ bucket, settings, env });
    const below = prefix.replace(/^\//, '');
    const plant: ArchiveHarness['plant'] = async (run, name, Body) => {
      await s3Client(aws()).send(
        new PutObjectCommand({ Bucket: bucket, Key: `${below}${run}/${name}`, Body }),
      );
    };
    return { archive: new S3Archive({ bucket, prefix, settings, env }), plant };
  };
  describeArchive('s3', make(''));
  describeArchive('s3 below a prefix', make('/team/cnd/'));
  describeArchive('s3 with a spool', async () => {
    const { archive, plant } = await make('')();
    return { archive: new SpooledArchive(archive, (await directory()).archive), plant };
  });
});
