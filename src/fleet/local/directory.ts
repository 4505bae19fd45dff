import { rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isMissing } from '../../error.ts';
import { readTextFile, replaceFile } from '../../file.ts';
import { requireRunId } from '../../run-id.ts';
import { loginKeyName, removeBelow } from '../../state/state.ts';
import type { HostRecord } from './record.ts';

/** What the local fleet keeps of a run: the host's record and log, and a directory for each instance. */
export function localDirectory(stateRoot: string, run: string): string {
  return join(stateRoot, requireRunId(run), 'local');
}

/** Writes `host.json` in one step, so that nobody ever reads half of it. */
export async function writeRecord(directory: string, record: HostRecord): Promise<void> {
  await replaceFile(join(directory, 'host.json'), JSON.stringify(record));
}

/** The text of `host.json`, or undefined if there is none. @throws when there is one that cannot be read. */
export async function readRecordText(directory: string): Promise<string | undefined> {
  try {
    const owners = process.getuid ? [process.getuid()] : undefined;
    return await readTextFile(join(directory, 'host.json'), { ...(owners && { owners }) });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Removes a run's local directory and its login key, which opens nothing more, and the run's own if nothing else is in it;
 * nothing that is not such a directory.
 */
export async function removeDirectory(directory: string): Promise<void> {
  const run = dirname(directory);
  if (directory !== localDirectory(dirname(run), basename(run)))
    throw new Error(`${directory} is not the directory of a run`);
  await removeBelow(dirname(run), directory);
  await removeBelow(dirname(run), join(run, loginKeyName));
  await rmdir(run).catch(() => undefined);
}
