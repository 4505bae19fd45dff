import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defaultConfigFile } from '../config/file.ts';
import { configTemplate } from '../config/template.ts';
import { visible } from '../config/visible.ts';
import { CndError, UsageError, messageOf } from '../error.ts';
import type { Arguments } from './command.ts';

/** `cnd init`: writes a commented configuration file; gives the exit code. */
export async function init(given: Arguments): Promise<number> {
  const name = typeof given['config'] === 'string' ? given['config'] : defaultConfigFile;
  const bucket = typeof given['bucket'] === 'string' ? given['bucket'] : undefined;
  const template = withBucket(configTemplate(schemaReference(dirname(resolve(name)))), bucket);
  if (given['print'] === true) {
    process.stdout.write(template);
    return 0;
  }
  try {
    await writeFile(name, template, { flag: given['force'] === true ? 'w' : 'wx' });
  } catch (error) {
    throw refusal(name, error);
  }
  process.stdout.write(`wrote ${name}: every setting is in it, at its default\n`);
  if (bucket !== undefined) await makeBucket(bucket);
  return 0;
}

/** The template with the bucket filled in. */
function withBucket(template: string, bucket: string | undefined): string {
  return bucket === undefined
    ? template
    : template.replace(/\/\/ "bucket": ".*"/, () => `"bucket": ${JSON.stringify(bucket)}`);
}

/** The only place where cnd creates a bucket: nothing else outlives a run, and costs. */
async function makeBucket(bucket: string): Promise<void> {
  const { createBucket } = await import('../archive/s3-bucket.ts');
  const created = await createBucket({ bucket, settings: {}, env: process.env });
  process.stdout.write(`${created ? 'created' : 'there is already'} bucket ${bucket}, for logs\n`);
}

/** The schema that comes with this cnd, as a file in `directory` refers to it. */
function schemaReference(directory: string): string {
  const schema = fileURLToPath(new URL('../../cnd.schema.json', import.meta.url));
  const path = relative(directory, schema).replaceAll('\\', '/');
  // A cnd that is installed elsewhere is no part of the project: where it lies is not for a relative path to tell.
  return path.startsWith('../') ? pathToFileURL(schema).href : `./${path}`;
}

function refusal(name: string, error: unknown): CndError {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
    return new UsageError('would-overwrite', `${visible(name)} is there already`, {
      about: name,
      hint: 'look at the template with: cnd init --print; or overwrite with: cnd init --force',
    });
  }
  return new CndError(
    'config-unwritable',
    `${visible(name)} cannot be written: ${visible(messageOf(error))}`,
    {
      about: name,
      hint: 'name another file with --config, or take the text of: cnd init --print',
      cause: error,
    },
  );
}
