import { access } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultConfigFile } from '../../config/file.ts';
import { configTemplate } from '../../config/template.ts';
import { quote, visible } from '../../text.ts';
import { type CndError, UsageError, messageOf } from '../../error.ts';
import { createFile, umaskMode } from '../../file.ts';
import { namedFileError, writeNamedFile } from '../logs/named-file.ts';
import { packagePath } from '../../package.ts';
import type { Arguments } from '../command.ts';
import { checkBucket, makeBucket } from './bucket.ts';

/**
 * `cnd init`: writes a commented configuration file, and creates a bucket if one is named; or prints policies or a template for
 * CloudFormation. Gives the exit code.
 */
export async function init(given: Arguments): Promise<number> {
  const name = typeof given['config'] === 'string' ? given['config'] : defaultConfigFile;
  const bucket = checkBucket(given['bucket']);
  if (given['policy'] === true || given['cloudformation'] === true)
    return print(given, bucket, (await exists(name)) ? name : undefined);
  requireNoAccount(given);
  const template = withBucket(configTemplate(schemaReference(dirname(resolve(name)))), bucket);
  if (given['print'] === true) {
    process.stdout.write(template);
    return 0;
  }
  const overwrite = given['force'] === true;
  const known = !overwrite && (await exists(name)) ? name : undefined;
  // Before the file: one that names a bucket which there is not would be no help.
  if (bucket !== undefined) {
    const remarks = await makeBucket(bucket, known, given);
    for (const remark of remarks) process.stdout.write(`${remark}\n`);
    if (known !== undefined) return 0;
  }
  try {
    if (overwrite) await writeNamedFile(name, template);
    else await createWith(name, template);
  } catch (error) {
    throw refusal(name, error, bucket !== undefined);
  }
  process.stdout.write(`wrote ${name}: every setting is in it, at its default\n`);
  return 0;
}

/** Prints what AWS is to be set up with, and creates nothing. */
async function print(
  given: Arguments,
  bucket: string | undefined,
  file: string | undefined,
): Promise<number> {
  if (given['policy'] === true && given['cloudformation'] === true) {
    throw new UsageError('bad-flag', '--policy and --cloudformation cannot be given together', {
      about: 'policy',
      hint: 'run cnd init once for each of them',
    });
  }
  const { printPolicies, printStack } = await import('./policy.ts');
  if (given['policy'] === true) await printPolicies(given, bucket, file);
  else await printStack(bucket, file);
  return 0;
}

function requireNoAccount(given: Arguments): void {
  if (given['account'] === undefined) return;
  throw new UsageError('bad-flag', '--account is only for --policy', {
    about: 'account',
    hint: 'see cnd init --help',
  });
}

async function createWith(name: string, text: string): Promise<void> {
  const file = await createFile(name, umaskMode);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/** The template with the bucket filled in. */
function withBucket(template: string, bucket: string | undefined): string {
  return bucket === undefined
    ? template
    : template.replace(/\/\/ "bucket": ".*"/, () => `"bucket": ${JSON.stringify(bucket)}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The schema that comes with this cnd, as a file in `directory` refers to it. */
function schemaReference(directory: string): string {
  const schema = packagePath('cnd.schema.json');
  const path = relative(directory, schema).replaceAll('\\', '/');
  // A cnd that is installed elsewhere is no part of the project: where it lies is not for a relative path to tell.
  return path.startsWith('../') ? pathToFileURL(schema).href : `./${path}`;
}

/** @param isMade Whether a bucket was, so that something was done. */
function refusal(name: string, error: unknown, isMade: boolean): CndError {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
    // Without it another file would be overwritten.
    const named = name === defaultConfigFile ? '' : ` --config ${visible(quote(name))}`;
    return new UsageError('would-overwrite', `${visible(name)} already exists`, {
      about: name,
      hint: `print the template with: cnd init --print; or overwrite with: cnd init --force${named}`,
    });
  }
  const message = `${visible(name)} cannot be written: ${visible(messageOf(error))}`;
  const detail = {
    about: name,
    hint: 'use another file with --config, or print it with: cnd init --print',
    cause: error,
  };
  return namedFileError('config-unwritable', message, detail, !isMade);
}
