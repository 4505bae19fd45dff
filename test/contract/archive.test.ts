import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { DirectoryArchive } from '../../src/archive/directory.ts';
import { createBucket } from '../../src/archive/s3-bucket.ts';
import { S3Archive } from '../../src/archive/s3.ts';
import { SpooledArchive } from '../../src/archive/spooled.ts';
import { TestAws, awsMissing } from '../helper/aws.ts';
import { describeArchive } from './archive.ts';

const directory = async () => new DirectoryArchive(join(await mkdtemp(join(tmpdir(), 'cnd-')), 'logs'));

describeArchive('directory', directory);

describe.skipIf(awsMissing)('on moto', () => {
  let aws: TestAws;
  beforeAll(async () => {
    aws = await TestAws.start();
  });
  afterAll(() => aws?.stop());

  const make = (prefix: string) => async () => {
    await aws.reset();
    const { settings, env } = aws;
    const bucket = 'cnd-test-logs';
    await createBucket({ bucket, settings, env });
    return new S3Archive({ bucket, prefix, settings, env });
  };
  describeArchive('s3', make(''));
  describeArchive('s3 below a prefix', make('/team/cnd/'));
  describeArchive('s3 with a spool', async () => new SpooledArchive(await make('')(), await directory()));
});
