import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Archive } from '../../archive/archive.ts';
import { resolveRun } from '../../archive/run-name.ts';
import { CndError, UsageError, messageOf } from '../../error.ts';
import { makeDirectory, replaceFileWith, umaskMode } from '../../file.ts';
import { plural } from '../../quantity.ts';
import type { Arguments } from '../command.ts';
import { keptOf, openArchive, text } from './logs.ts';

/** `cnd logs pull RUN [DIR]`: copies what is kept of a run, byte for byte; gives the exit code, 1 when there may be more. */
export async function pull(given: Arguments): Promise<number> {
  const archive = await openArchive(given);
  const run = await resolveRun(archive, text(given['run']) ?? '');
  const into = text(given['dir']) ?? run;
  if (into === '')
    throw new UsageError('bad-argument', 'the target directory has no name', {
      about: 'dir',
      hint: `for example: cnd logs pull ${run} /tmp/${run}; or . for this one`,
    });
  const directory = resolve(into);
  const { entries, isPartial } = await keptOf(archive, run);
  const names = entries.map(({ name }) => name);
  if (names.length === 0)
    throw new UsageError('not-a-run', `${archive.location(run)} holds no files of cnd`, {
      about: run,
      hint: 'list the runs with: cnd logs ls',
    });
  if (given['force'] !== true) await refuseOverwriting(directory, names);
  try {
    await makeDirectory(directory);
    for (const name of names) await copy(archive, run, name, join(directory, name));
  } catch (error) {
    if (error instanceof CndError) throw error;
    throw new CndError('pull-failed', `${run} cannot be copied to ${directory}: ${messageOf(error)}`, {
      about: directory,
      hint: `fix that, then run: cnd logs pull ${run} DIR --force`,
      cause: error,
    });
  }
  process.stdout.write(`${plural(names.length, 'file')} of ${run} are in ${directory}\n`);
  return isPartial ? 1 : 0;
}

/** Whole or not at all, as everything in the archive. */
async function copy(archive: Archive, run: string, name: string, target: string): Promise<void> {
  const source = await archive.open(run, name);
  await replaceFileWith(target, (file) => pipeline(source, file.createWriteStream()), { mode: umaskMode });
}

async function refuseOverwriting(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const there = await lstat(join(directory, name)).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    throw new UsageError('would-overwrite', `${join(directory, name)} already exists`, {
      about: directory,
      hint: 'choose another directory, or overwrite with --force',
    });
  }
}
